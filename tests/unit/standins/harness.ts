/** Starts stand-ins and a real Redis as child processes on free ports, and ends them after the tests. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Line } from '../../lab/standins/relayminer/line.ts';

const root = join(import.meta.dirname, '../../..');
const standins = join(root, 'tests/lab/standins');
const scratch = mkdtempSync(join(tmpdir(), 'standins-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Calls `probe` until it returns a value; throws with `what` after `limitMs`. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`not in time: ${what}`, { cause: last });
}

/** A running program with what it wrote to stderr, and its exit. */
export type Running = { child: ChildProcess; stderr: () => string; exited: Promise<number | null> };

/** Starts a program; it is killed after the tests. */
export function start(
  command: string,
  args: string[],
  environment: Record<string, string> = {},
): Running {
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { child, stderr: () => stderr, exited };
}

/** Starts a stand-in by its folder. */
export function startStandin(
  name: string,
  args: string[],
  environment: Record<string, string>,
): Running {
  return start(process.execPath, [join(standins, name, 'main.ts'), ...args], environment);
}

/** How a program ended; `status` is null when it had to be killed. */
export type Ended = { status: number | null; stdout: string; stderr: string };

/** Where a stand-in chain is reached. */
export interface ChainAddresses {
  rpcUrl: string;
  /** Without TLS. */
  grpcAddress: string;
  apiUrl: string;
  registryUrl: string;
}

/** The ports of a stand-in chain that has moved by an offset. */
export function chainPorts(offset: number): number[] {
  return [26657, 9090, 1317, 8088].map((port) => port + offset);
}

/** An offset for a chain that follows from a port; fetch refuses none of its ports, whose list of bad ones ends at 10080. */
export function chainOffset(port: number): number {
  return (port % 20_000) + 10_000;
}

/** Starts a stand-in chain on free ports, and returns when all four of them listen. */
export async function startChain(environment: Record<string, string>): Promise<ChainAddresses> {
  for (let attempt = 1; ; attempt += 1) {
    const offset = chainOffset(await freePort());
    const { stderr } = startStandin('chain', [], { ...environment, PORT_OFFSET: String(offset) });
    const inUse = () => stderr().includes('EADDRINUSE');
    await eventually('the chain listens', async () => {
      const listening = await Promise.all(chainPorts(offset).map(canConnect));
      return inUse() || listening.every(Boolean);
    }).catch((error) => {
      throw new Error(stderr(), { cause: error });
    });
    // Whatever connects to somewhere takes ports, too: another test may have been first.
    if (inUse() && attempt < 10) continue;
    const at = (port: number) => `127.0.0.1:${port + offset}`;
    return {
      rpcUrl: `http://${at(26657)}`,
      grpcAddress: at(9090),
      apiUrl: `http://${at(1317)}`,
      registryUrl: `http://${at(8088)}`,
    };
  }
}

/** Runs `pocket-relay-miner` to its end, at most 60 s. Proxies of the tests' own process keep serving meanwhile. */
export function relayminer(line: Line, ...args: string[]): Promise<Ended> {
  const program = join(standins, 'relayminer/main.ts');
  const env = { ...process.env, RELAYMINER_LINE: line };
  return new Promise((resolve) => {
    const options = { env, timeout: 60_000, killSignal: 'SIGKILL' } as const;
    const child = execFile(
      process.execPath,
      [program, ...args],
      options,
      (_error, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

/** Starts the stand-in relayer or miner with a configuration. */
export function startRelayminer(line: Line, role: 'relayer' | 'miner', config: unknown): Running {
  return startStandin('relayminer', [role, '--config', scratchFile(stringify(config))], {
    RELAYMINER_LINE: line,
  });
}

let files = 0;
/** Writes a scratch file and returns its path. */
export function scratchFile(content: string, mode = 0o600): string {
  const path = join(scratch, `file-${++files}.yaml`);
  writeFileSync(path, content, { mode });
  return path;
}

/** The real Redis servers that `fetch-redis.sh` unpacks. */
export const redisServers = {
  /** 8.6: has XACKDEL. */
  experimental: join(root, '.cache/redis/experimental/redis-server'),
  /** 8.0: lacks it. */
  trixie: join(root, '.cache/redis/trixie/redis-server'),
};

/** Why tests that need this Redis cannot run, or false. */
export function missing(suite: keyof typeof redisServers): string | false {
  return existsSync(redisServers[suite])
    ? false
    : `no Redis of Debian ${suite}: run tests/lab/standins/fetch-redis.sh ${suite}`;
}

/** Starts a real Redis with options such as `--maxmemory 512mb`; returns its port. */
export async function startRedis(
  suite: keyof typeof redisServers,
  ...options: string[]
): Promise<number> {
  const port = await freePort();
  start(redisServers[suite], [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    ...options,
  ]);
  await eventually('Redis listens', () => canConnect(port));
  return port;
}

/** True when something listens on a loopback port. */
export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** One series of a scrape, or undefined. */
export async function metric(port: number, series: string): Promise<number | undefined> {
  const body = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = body
    .split('\n')
    .find((one) => one.startsWith(`${series} `) || one.startsWith(`${series}{`));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}
