import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckContext } from '../../../lib/checks/context.ts';
import { type Deployment, loadDeployment } from '../../../lib/deployment.ts';
import type { BackendSettings, Transport } from '../../../lib/profile/relayminer-schema.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';

/** What a test wants to be otherwise than in the lab's profile. */
export interface Changes {
  /** Lines of YAML. */
  profile?: string;
  network?: Partial<Deployment['network']>;
  /** Of the service `anvil`. Set past the profile's rules, which refuse loopback: there, tests find their servers. */
  backends?: Partial<Record<Transport, BackendSettings>>;
}

/** An address at which nothing listens: port 1 of loopback. */
export const NOTHING = '127.0.0.1:1';

/** Lines of YAML that lead to Redis, PostgreSQL and Temporal of somebody else. */
export const MANAGED = `
redis_hosts: []
redis: {mode: external}
redis_url: redis://192.0.2.1:6379
postgres_hosts: []
postgres: {mode: external, address: "192.0.2.2:5432"}
temporal_hosts: []
temporal: {mode: external, address: "192.0.2.3:7233"}
secrets: {postgres_password: "env:TEST_MANAGED_PASSWORD"}
`;

const temporary = mkdtempSync(join(tmpdir(), 'pocket-checks-test-'));
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));

/**
 * The lab's all-in-one deployment on this machine, with everything outside of it pointing at nothing. Its files are in
 * a temporary directory, removed with the process.
 */
export function labContext(changes: Changes = {}): CheckContext {
  const root = mkdtempSync(join(temporary, 'root-'));
  const lab = join(import.meta.dirname, '../../../profiles/all-in-one-lab.yaml');
  mkdirSync(join(root, 'profiles'));
  const keys = join(root, 'supplier-keys.yaml');
  writeFileSync(keys, `keys:\n  - "${'1f'.repeat(32)}"\n`, { mode: 0o600 });
  const path = join(root, 'profiles', 'test.yaml');
  writeFileSync(
    path,
    `extends: ${lab}\nname: test\nhosts: {lab: localhost}\nrelayminer: {keys_file: ${keys}}\n${changes.profile ?? ''}\n`,
  );
  const loaded = loadDeployment(path, { root });
  const anvil = { backends: changes.backends ?? { jsonrpc: { url: `http://${NOTHING}` } } };
  const relayminer = { ...loaded.profile.relayminer!, services: { anvil } };
  const deployment: Deployment = {
    ...loaded,
    profile: { ...loaded.profile, relayminer },
    network: {
      ...loaded.network,
      rpcUrl: `http://${NOTHING}`,
      grpcAddress: NOTHING,
      grpcInsecure: true,
      apiUrl: `http://${NOTHING}`,
      indexerUrl: `http://${NOTHING}`,
      delegatorsUrl: `http://${NOTHING}/{chainId}/middleman.json`,
      ...changes.network,
    },
  };
  const secrets = loadSecrets(deployment, { create: true });
  return { deployment, host: deployment.hosts[0]!, secrets };
}
