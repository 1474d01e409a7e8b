import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { generatePrivateKey } from '../../lib/keys.ts';
import { LAB_BUNDLE, LAB_PROFILE, ROOT } from './paths.ts';

/** A host to deploy the lab to, as a profile describes it. */
export interface LabHost {
  address: string;
  user?: string;
  port?: number;
  identity_file?: string;
}

/** Images for a machine that reaches no registry; see tests/lab/images. */
const STAND_IN_IMAGES = {
  redis: 'debian/redis:8.6',
  postgres: 'debian/postgres:17',
  caddy: 'debian/caddy:2.6.2',
  temporal: 'standin/temporal-auto-setup:1.28.1.0',
  temporal_admin_tools: 'standin/temporal-admin-tools:1.28.1',
  provider: 'standin/igniter-provider:0.9.0',
  provider_workflows: 'standin/igniter-provider-workflows:0.9.0',
  // The line before v0.1: the released one refuses Redis below 8.10, and Debian's newest is 8.6.
  relayminer: 'standin/pocket-relay-miner:ad37bcb',
};

/**
 * Writes the lab's manifest and, once, a supplier key that owns nothing.
 * @param options.address where the stand-ins on the host are reached: always a backend, since only the operator has
 * real ones, and with `standIns` the chain too
 */
export function writeLabProfile(
  host: LabHost,
  options: { address: string; standIns: boolean },
): void {
  const { address, standIns } = options;
  const keys = join(ROOT, 'deployments', 'lab', 'supplier-keys.yaml');
  if (!existsSync(keys)) {
    mkdirSync(dirname(keys), { recursive: true, mode: 0o700 });
    writeFileSync(keys, stringify({ keys: [generatePrivateKey()] }), { mode: 0o600 });
  }
  const profile = {
    extends: join(ROOT, 'profiles', 'all-in-one-lab.yaml'),
    name: 'lab',
    hosts: { lab: host },
    relayminer: { keys_file: keys, services: { anvil: backend(address) } },
    ...(standIns ? standInChain(address) : {}),
  };
  writeFileSync(LAB_PROFILE, `# Written by \`make lab\`.\n${stringify(profile)}`);
}

const backend = (address: string) => ({
  backends: {
    jsonrpc: { url: `http://${address}:8545`, chain_id: '0x7a69' },
    websocket: { url: `ws://${address}:8545` },
  },
});

function standInChain(address: string) {
  return {
    pocket_rpc_url: `http://${address}:26657`,
    pocket_grpc_address: `${address}:19090`,
    pocket_api_url: `http://${address}:1317`,
    indexer_url: `http://${address}:8088`,
    provider: { delegators_url: `http://${address}:8088/governance/{chainId}/middleman.json` },
    images: { source: 'bundle', bundle: LAB_BUNDLE, ...STAND_IN_IMAGES },
  };
}
