import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { type Deployment, loadDeployment } from '../../lib/deployment.ts';
import { DEFAULT_POCKETD } from '../../lib/profile/pocketd-releases.ts';
import { openConnection } from '../../lib/run/connection.ts';
import { writeSshConfig } from '../../lib/run/ssh-config.ts';
import { generatePrivateKey } from '../../lib/secrets/keys.ts';
import { ensureBundle } from '../lab/bundle.ts';
import { LAB_BUNDLE, ROOT } from '../lab/paths.ts';
import { merged, STAND_IN_IMAGES, standInChain } from '../lab/profile.ts';
import { type ChainState, startStandIns } from '../lab/stand-ins.ts';
import { pocketdArchive } from '../lab/standins/pocketd/archive.ts';
import { type Host, type HostSpec, testHosts } from './hosts.ts';
import { runScript, type ScriptResult } from './lab-fixture.ts';

/** Throw-away hosts with a manifest of their own, and a home for deployments and reports. */
export interface Fleet {
  /** By their names in the profile. */
  hosts: Record<string, Host>;
  home: string;
  profile: string;
  /** The keys of the suppliers that its relayers sign for. */
  supplierKeys: string[];
  /** Writes the manifest anew, with these values over what it had at first. */
  change(changes: Record<string, unknown>): void;
  deployment(): Deployment;
  /** Runs `scripts/<name>.mjs --profile …` as an operator would. */
  script(name: string, ...words: string[]): Promise<ScriptResult>;
  /** Starts the stand-ins for the chain and a backend, which run on a host of their own named `outside`. */
  standIns(state?: ChainState): Promise<void>;
}

/** The public name of relays in fleets of shipped profiles. */
export const RELAY_DOMAIN = 'relay.nodes.net';

/** An owner whose key nobody holds. */
export const OWNER = {
  owner_identity: 'pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y',
  owner_email: 'owner@nodes.net',
};

/** What a fleet is made from. */
export interface FleetSpec {
  /** A shipped profile, whose hosts the fleet has; `custom` has none of its own. */
  base: string;
  /** Hosts that the base does not have. */
  hosts?: Record<string, Omit<HostSpec, 'name' | 'run'>>;
  /** Values over those of the base, which get the addresses that the hosts were given. */
  profile?: (addresses: Record<string, string>) => Record<string, unknown>;
  /** The names of the base's hosts. */
  names?: readonly string[];
}

/**
 * A fleet that is removed with its test; nothing is deployed yet. Beside the hosts of the profile there is one named
 * `outside`, with what a deployment finds there: the chain and a backend, both stand-ins.
 */
export async function fleet(test: TestContext, spec: FleetSpec): Promise<Fleet> {
  await ensureBundle();
  const { names = [], hosts: more = {} } = spec;
  const all = { ...Object.fromEntries(names.map((name) => [name, {}])), ...more, outside: {} };
  const hosts: Record<string, Host> = await testHosts(test, all);
  const home = mkdtempSync(join(tmpdir(), 'pocket-fleet-'));
  test.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'deployments'), { mode: 0o700 });
  const supplierKeys = [generatePrivateKey(), generatePrivateKey()];
  writeFileSync(join(home, 'keys.yaml'), stringify({ keys: supplierKeys }), { mode: 0o600 });
  const path = join(home, 'fleet.yaml');
  process.env.POCKET_AUTOMATIONS_HOME = home;

  const outside = hosts.outside?.address ?? '';
  const addresses = Object.fromEntries(
    Object.entries(hosts).map(([name, { address }]) => [name, address]),
  );
  const { provider, ...chain } = standInChain(outside);
  const { path: archive, sha256 } = pocketdArchive(home, DEFAULT_POCKETD.replace(/^v/, ''));
  const base = merged(
    {
      ...(spec.base !== 'custom' && {
        extends: join(ROOT, 'profiles', `${spec.base}.yaml`),
        relay_public_domain: RELAY_DOMAIN,
        provider: { ...provider, ...OWNER },
      }),
      name: 'fleet',
      pocket_network: 'beta',
      hosts: hostEntries(hosts),
      ...chain,
      images: { source: 'bundle', bundle: LAB_BUNDLE, ...STAND_IN_IMAGES },
      relayminer: { keys_file: join(home, 'keys.yaml'), services: services(outside) },
      reverse_proxy: { tls: 'internal', acme_email: 'tls@nodes.net' },
      // Hosts of a fleet do not reach GitHub, from where a release is downloaded.
      pocketd: { archive, sha256: { amd64: sha256, arm64: sha256 } },
    },
    spec.profile?.(addresses) ?? {},
  );
  const change: Fleet['change'] = (changes) =>
    writeFileSync(path, stringify(merged(base, changes)));
  change({});
  const deployment = () => loadDeployment(path);
  return {
    ...{ hosts, home, profile: path, supplierKeys, change, deployment },
    script: (script, ...words) => runScript(home, script, '--profile', path, ...words),
    standIns: async (state) => {
      const { name, address, user, identityFile } = hosts.outside as Host;
      const beside = join(home, 'outside.yaml');
      const only = { hosts: { [name]: { address, user, identity_file: identityFile } } };
      writeFileSync(
        beside,
        stringify({ name: 'outside', pocket_network: 'beta', ...only, pocket_cli_hosts: [name] }),
      );
      const outsideDeployment = loadDeployment(beside);
      const connection = await openConnection(
        outsideDeployment.host(name),
        writeSshConfig(outsideDeployment),
      );
      await startStandIns(connection, address, deployment(), state);
      await connection.close();
    },
  };
}

function hostEntries(hosts: Record<string, Host>): Record<string, object> {
  const ours = Object.entries(hosts).filter(([name]) => name !== 'outside');
  return Object.fromEntries(
    ours.map(([name, { address, user, identityFile }]) => [
      name,
      { address, user, identity_file: identityFile, private_address: address },
    ]),
  );
}

function services(address: string) {
  const jsonrpc = { url: `http://${address}:8545`, chain_id: '0x7a69' };
  return { eth: { backends: { jsonrpc, websocket: { url: `ws://${address}:8545` } } } };
}
