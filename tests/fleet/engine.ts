import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { $ } from 'zx';
import { cachePath } from './cache.ts';

const run = $({ quiet: true, nothrow: true, stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * Returns when `docker info` works on this machine. As root on Debian or Ubuntu it installs and starts the engine first.
 * @throws Error with one line that says what to do, when there is no engine and none can be started.
 */
export async function ensureDocker(): Promise<void> {
  const info = await run`docker info`;
  if (info.ok) return;
  if (info.stderr.includes('permission denied')) {
    throw new Error('this user may not use Docker: run as root, or `usermod -aG docker <user>`');
  }
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      'Docker does not answer: install it (https://docs.docker.com/engine/install/) and start it, then run this again',
    );
  }
  if (!(await run`command -v dockerd`).ok) await install();
  await start();
}

async function install(): Promise<void> {
  console.error('installing Docker (docker.io), once …');
  const installed = await run({
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })`apt-get update -qq && apt-get install -y -qq docker.io`;
  if (!installed.ok) {
    throw new Error(`apt-get could not install docker.io: ${lastLine(installed.stderr)}`);
  }
}

async function start(): Promise<void> {
  if (existsSync('/run/systemd/system')) {
    await run`systemctl start docker`;
    await untilReady('journalctl -u docker');
    return;
  }
  if ((await run`pgrep -x dockerd`).ok) return untilReady('the log of dockerd');
  const log = cachePath('dockerd.log');
  const descriptor = openSync(log, 'a');
  spawn('dockerd', { detached: true, stdio: ['ignore', descriptor, descriptor] }).unref();
  await untilReady(log);
}

async function untilReady(log: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if ((await run`docker info`).ok) return;
    await sleep(500);
  }
  throw new Error(`dockerd did not start within 60 s: see ${log}`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
