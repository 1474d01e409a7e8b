import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { home } from '../../lib/home.ts';
import { generatePrivateKey } from '../../lib/secrets/keys.ts';
import { LAB_BUNDLE, ROOT } from './paths.ts';

/** A host to deploy the lab to, as a profile describes it. */
export interface LabHost {
  address: string;
  user?: string;
  port?: number;
  identity_file?: string;
}

/** Images for a machine that reaches no registry; see tests/lab/images. */
export const STAND_IN_IMAGES = {
  redis: 'debian/redis:8.6',
  postgres: 'debian/postgres:17',
  caddy: 'debian/caddy:2.11.4',
  temporal: 'standin/temporal-auto-setup:1.28.1.0',
  temporal_admin_tools: 'standin/temporal-admin-tools:1.28.1',
  provider: 'standin/igniter-provider:0.9.0',
  provider_workflows: 'standin/igniter-provider-workflows:0.9.0',
  middleman: 'standin/igniter-middleman:0.9.0',
  middleman_workflows: 'standin/igniter-middleman-workflows:0.9.0',
  // The line before v0.1: the released one refuses Redis below 8.10, and Debian's newest is 8.6.
  relayminer: 'standin/pocket-relay-miner:ad37bcb',
  prometheus: 'debian/prometheus:2.53.3',
  alertmanager: 'debian/alertmanager:0.28.1',
  grafana: 'standin/grafana:12.1.1',
  node_exporter: 'debian/node-exporter:1.9.0',
  redis_exporter: 'debian/redis-exporter:1.69.0',
  postgres_exporter: 'debian/postgres-exporter:0.17.1',
  blackbox_exporter: 'debian/blackbox-exporter:0.26.0',
};

/** A lab's own manifest. */
export interface LabProfile {
  /** Where it is written. */
  path: string;
  /** The deployment's name. */
  name: string;
  host: LabHost;
  /** Where the stand-ins on the host are reached: always a backend, since only an operator has real ones. */
  address: string;
  /** Whether the chain is a stand-in too, and the images come from the bundle. */
  standIns: boolean;
  /** What is different in this lab, over everything else. */
  changes?: Record<string, unknown>;
}

/**
 * Writes a manifest that is `profiles/all-in-one-lab.yaml` with this lab's addresses, and once, beside the
 * deployment's secrets, a supplier key that owns nothing.
 */
export function writeLabProfile(lab: LabProfile): void {
  const { path, name, host, address, standIns, changes } = lab;
  const keys = join(home(), 'deployments', name, 'supplier-keys.yaml');
  if (!existsSync(keys)) {
    mkdirSync(dirname(keys), { recursive: true, mode: 0o700 });
    writeFileSync(keys, stringify({ keys: [generatePrivateKey()] }), { mode: 0o600 });
  }
  const base = {
    extends: join(ROOT, 'profiles', 'all-in-one-lab.yaml'),
    name,
    hosts: { lab: host },
    relayminer: { keys_file: keys, services: { anvil: backend(address) } },
    ...(standIns ? standInChain(address) : {}),
  };
  const text = stringify(changes ? merged(base, changes) : base);
  writeFileSync(path, `# Written for a lab.\n${text}`);
}

/** Lays one value over another: mappings key by key, anything else replaces. */
export function merged(base: unknown, changes: unknown): unknown {
  const isMap = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap(base) || !isMap(changes)) return changes;
  const entries = Object.entries(changes).map(([key, value]) => [key, merged(base[key], value)]);
  return { ...base, ...Object.fromEntries(entries) };
}

/** The backends of a service that lead to the stand-in for an operator's own node. */
export const backend = (address: string) => ({
  backends: {
    jsonrpc: { url: `http://${address}:8545`, chain_id: '0x7a69' },
    websocket: { url: `ws://${address}:8545` },
  },
});

/** What of a profile leads to the stand-ins at an address. */
export function standInChain(address: string) {
  return {
    pocket_rpc_url: `http://${address}:26657`,
    pocket_grpc_address: `${address}:19090`,
    pocket_api_url: `http://${address}:1317`,
    indexer_url: `http://${address}:8088`,
    provider: { delegators_url: `http://${address}:8088/governance/{chainId}/middleman.json` },
    images: { source: 'bundle', bundle: LAB_BUNDLE, ...STAND_IN_IMAGES },
  };
}
