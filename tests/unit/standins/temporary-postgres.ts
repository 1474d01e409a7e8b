import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chownSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

/** A PostgreSQL cluster on a loopback port, without TLS, with the one superuser `igniter`. */
export interface TemporaryPostgres {
  port: number;
  password: string;
  /** The URL of a database, without query. */
  url(database: string): string;
  /** Runs statements in a database, each on its own, and returns the rows of the last one. */
  query(database: string, ...statements: string[]): Promise<Record<string, unknown>[]>;
  start(): void;
  stop(): void;
  /** Stops the server and removes its files. */
  remove(): void;
}

/** Where PostgreSQL's server programs are; undefined when they are not installed. */
export function postgresPrograms(): string | undefined {
  const [newest] = globSync('/usr/lib/postgresql/*/bin/initdb').sort().reverse();
  return newest && dirname(newest);
}

/** Why tests that need PostgreSQL are skipped, or false. */
export const skipReason =
  postgresPrograms() === undefined &&
  'PostgreSQL server programs are not installed (apt: postgresql)';

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The server refuses to run as root, so as root it runs as `postgres`, or `nobody` where that is missing. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = spawnSync('id', ['-u', 'postgres']).status === 0 ? 'postgres' : 'nobody';
  const id = (flag: string) => Number(execFileSync('id', [flag, user]));
  return { uid: id('-u'), gid: id('-g') };
}

/** Creates a cluster and starts it. Throws with the program's own output when that fails. */
export async function temporaryPostgres(): Promise<TemporaryPostgres> {
  const programs = postgresPrograms() as string;
  const root = mkdtempSync(join(tmpdir(), 'standin-pg-'));
  const password = 'correct-horse';
  const passwordFile = join(root, 'password');
  const data = join(root, 'data');
  const port = await freePort();
  const owner = unprivileged();
  writeFileSync(passwordFile, password);
  if (owner) for (const path of [root, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const run = (program: string, ...args: string[]): SpawnSyncReturns<string> => {
    const result = spawnSync(join(programs, program), args, {
      ...owner,
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (result.status !== 0) throw new Error(`${program}: ${result.stdout}${result.stderr}`);
    return result;
  };
  run(
    'initdb',
    '-D',
    data,
    '-U',
    'igniter',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-N',
    '-E',
    'UTF8',
  );
  const options = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  const control = (...args: string[]) => run('pg_ctl', '-D', data, '-w', '-t', '30', ...args);
  const start = () => void control('-l', join(root, 'log'), '-o', options, 'start');
  const stop = () => void control('-m', 'immediate', 'stop');
  const url = (database: string) => `postgres://igniter:${password}@127.0.0.1:${port}/${database}`;
  start();
  return {
    port,
    password,
    url,
    start,
    stop,
    query: async (database, ...statements) => {
      const client = new pg.Client({ connectionString: url(database) });
      await client.connect();
      try {
        let rows: Record<string, unknown>[] = [];
        for (const statement of statements) rows = (await client.query(statement)).rows;
        return rows;
      } finally {
        await client.end();
      }
    },
    remove: () => {
      spawnSync(join(programs, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], {
        ...owner,
        stdio: 'ignore',
      });
      rmSync(root, { recursive: true, force: true });
    },
  };
}
