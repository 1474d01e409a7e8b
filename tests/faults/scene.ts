import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import type { Host } from '../fleet/hosts.ts';
import { LAB_BUNDLE } from '../lab/paths.ts';
import { killAll, type Running, sshProcesses, startScript } from './running.ts';

/** A machine to deploy from: a home of its own, and a manifest. */
export interface Scene {
  home: string;
  profile: string;
  /** Writes the manifest; Redis is on the first host. */
  write(hosts: Record<string, object>, more?: Record<string, unknown>): void;
  /** Starts `scripts/deploy.mjs --profile … --yes`. */
  start(...words: string[]): Running;
  /** Deploys to the end. */
  deploy(...words: string[]): Promise<{ status: number | string; said: string }>;
}

/**
 * A home and a manifest that go with the test, and no SSH connection left.
 * @param machine the name of the machine; this one's where absent
 */
export function scene(t: TestContext, machine?: string): Scene {
  const home = mkdtempSync(join(tmpdir(), 'pocket-faults-'));
  t.after(() => {
    killAll(sshProcesses(home));
    rmSync(home, { recursive: true, force: true });
  });
  mkdirSync(join(home, 'deployments'), { mode: 0o700 });
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  const profile = join(home, 'faults.yaml');
  const start: Scene['start'] = (...words) =>
    startScript(
      home,
      ['deploy', '--profile', profile, '--yes', ...words],
      machine ? { machine } : {},
    );
  return {
    home,
    profile,
    write: (hosts, more = {}) => {
      const images = {
        source: 'bundle',
        bundle: LAB_BUNDLE,
        redis: 'debian/redis:8.6',
        postgres: 'debian/postgres:17',
      };
      const groups = { redis_hosts: [Object.keys(hosts)[0]] };
      const base = { name: 'faults', pocket_network: 'beta', hosts, ...groups, images };
      writeFileSync(profile, stringify({ ...base, ...more }));
    },
    start,
    deploy: async (...words) => {
      const running = start(...words);
      return { status: await running.ended, said: running.said() };
    },
  };
}

/** How a manifest says where a host is and how to log in. */
export function login({ address, user, identityFile }: Host) {
  return { address, user, identity_file: identityFile };
}
