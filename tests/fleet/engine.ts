import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { $ } from 'zx';
import { installPackages } from './apt.ts';
import { cachePath } from './cache.ts';

const OWN_ENGINE = cachePath('dockerd.pid');

const run = $({ quiet: true, nothrow: true, stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * Returns when `docker info` works on this machine. As root on Debian or Ubuntu it installs and starts the engine first.
 * @throws Error with one line that says what to do, when there is no engine and none can be started.
 */
export function ensureDocker(): Promise<void> {
  // Asked for from several places at once, it is brought once: of two engines, the one that lost would be the one noted.
  ensured ??= bring();
  return ensured;
}

let ensured: Promise<void> | undefined;

async function bring(): Promise<void> {
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
  const refused = await installPackages('docker.io');
  if (refused) throw new Error(`apt-get could not install docker.io: ${refused}`);
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
  const engine = spawn('dockerd', { detached: true, stdio: ['ignore', descriptor, descriptor] });
  engine.unref();
  writeFileSync(OWN_ENGINE, `${engine.pid}\n`);
  await untilReady(log);
}

/** Ends the engine that {@link ensureDocker} started by hand, if it did; one that systemd runs is left alone. */
export async function stopOwnDocker(): Promise<void> {
  if (!existsSync(OWN_ENGINE)) return;
  const pid = readFileSync(OWN_ENGINE, 'utf8').trim();
  rmSync(OWN_ENGINE);
  const isEngine = (await run`ps -o comm= -p ${pid}`).stdout.trim() === 'dockerd';
  if (!isEngine) return;
  process.kill(Number(pid));
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && existsSync(`/proc/${pid}`)) await sleep(200);
}

async function untilReady(log: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if ((await run`docker info`).ok) return;
    await sleep(500);
  }
  throw new Error(`dockerd did not start within 120 s: see ${log}`);
}
