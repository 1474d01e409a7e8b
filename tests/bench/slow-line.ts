import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../fleet/hosts.ts';
import { type Fleet, writeFleet } from './hosts.ts';

const FIRST_PORT = 20_200;

/** A fleet whose every byte is late, and what ends the line. */
export async function slowFleet(
  name: string,
  hosts: readonly Host[],
  roundTripMilliseconds: number,
): Promise<{ fleet: Fleet; end: () => void }> {
  const behind = hosts.map((host, index) => ({ ...host, port: FIRST_PORT + index }));
  const routes = behind.map(({ port, address }) => `${port}=${address}`);
  const words = [join(import.meta.dirname, 'delay.ts'), `${roundTripMilliseconds}`, ...routes];
  const line = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  await Promise.all(behind.map(({ port }) => untilOpen(port, line)));
  const fleet = writeFleet(
    name,
    behind.map((host) => ({ ...host, address: '127.0.0.1' })),
  );
  return { fleet, end: () => line.kill() };
}

async function untilOpen(port: number, line: ChildProcess): Promise<void> {
  while (line.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(50);
  }
  throw new Error('the slow line ended');
}
