import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { openConnection } from '../../lib/run/connection.ts';
import { writeSshConfig } from '../../lib/run/ssh-config.ts';
import { ensureBundle } from '../lab/bundle.ts';
import { ROOT } from '../lab/paths.ts';
import { writeLabProfile } from '../lab/profile.ts';
import { type ChainState, startStandIns } from '../lab/stand-ins.ts';
import { type Host, type HostSpec, testHosts } from './hosts.ts';

/** How a script of the project ended. */
export interface ScriptResult {
  status: number | null;
  stdout: string;
  stderr: string;
  /** The lines of standard output as JSON objects; empty unless `--json` was given. */
  events: Record<string, unknown>[];
}

/** A throw-away host with a manifest of its own, and a home of its own for deployments and reports. */
export interface Lab {
  host: Host;
  name: string;
  home: string;
  profile: string;
  /** Writes the manifest anew, with these values over the lab's. */
  change(changes: Record<string, unknown>): void;
  /** Runs `scripts/<name>.mjs --profile …` as an operator would. */
  script(name: string, ...words: string[]): Promise<ScriptResult>;
  /** Starts the stand-ins for the chain and a backend on the host, which has to have Docker. */
  standIns(state?: ChainState): Promise<void>;
}

/** A lab that is removed with its test; nothing is deployed yet. */
export async function lab(
  test: TestContext,
  spec: Omit<HostSpec, 'name' | 'run'> = {},
): Promise<Lab> {
  await ensureBundle();
  const hosts = await testHosts(test, { lab: spec });
  const host = hosts.lab;
  const home = mkdtempSync(join(tmpdir(), 'pocket-home-'));
  test.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'deployments'), { mode: 0o700 });
  const name = 'fleet';
  const path = join(home, 'lab.yaml');
  process.env.POCKET_AUTOMATIONS_HOME = home;
  const { address, user, identityFile } = host;
  const change: Lab['change'] = (changes) =>
    writeLabProfile({
      ...{ path, name, address, standIns: true, changes },
      host: { address, user, identity_file: identityFile },
    });
  change({});
  return {
    ...{ host, name, home, profile: path, change },
    script: (script, ...words) => runScript(home, script, '--profile', path, ...words),
    standIns: async (state) => {
      const deployment = loadDeployment(path);
      const connection = await openConnection(deployment.host('lab'), writeSshConfig(deployment));
      await startStandIns(connection, address, deployment, state);
      await connection.close();
    },
  };
}

/** Runs a script of the project to its end, at most ten minutes, with nothing on its standard input. */
export function runScript(home: string, name: string, ...words: string[]): Promise<ScriptResult> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', `${name}.mjs`), ...words], {
    env: { ...process.env, POCKET_AUTOMATIONS_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 600_000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.once('close', (status) => {
      const events = words.includes('--json')
        ? stdout
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : [];
      resolve({ status, stdout, stderr, events });
    });
  });
}
