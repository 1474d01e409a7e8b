import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dockerLines } from './docker.ts';
import type { HostAddress } from './host.ts';

/** Why there can be no slow line on this machine; `false` where there can. */
export const NO_SLOW_LINE =
  process.getuid?.() === 0 && existsSync('/dev/net/tun')
    ? false
    : 'a slow line needs root and /dev/net/tun';

/** How slow a line is. */
export interface Slowness {
  roundTripMilliseconds: number;
  /** The part of all packets that get lost, each way: 0.02 is two in a hundred. Default 0. */
  loss?: number;
  /** What the random numbers begin with that say which get lost. Default 1. */
  seed?: number;
}

/**
 * Lays a slow line to each of some hosts, beside the way that they are reached at already.
 * @returns the addresses of the hosts at its far ends, in their order, and what takes the lines away and tells how many
 * packets were sent and lost
 * @throws Error with what the line said when it cannot be laid
 */
export async function slowLine(
  hosts: readonly Pick<HostAddress, 'container'>[],
  { roundTripMilliseconds, loss = 0, seed = 1 }: Slowness,
): Promise<{ addresses: string[]; end: () => Promise<{ sent: number; lost: number }> }> {
  const containers = hosts.map(({ container }) => container);
  const processes = await dockerLines('inspect', '--format', '{{.State.Pid}}', ...containers);
  const line = spawn(
    'perl',
    [
      join(import.meta.dirname, 'slow-line.pl'),
      ...[roundTripMilliseconds / 2000, loss, seed].map(String),
      ...processes,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = once(line, 'close');
  let said = '';
  for (const stream of [line.stdout, line.stderr])
    stream.on('data', (bytes) => {
      said += bytes;
    });
  await Promise.race([once(line.stdout, 'data'), ended]);
  if (!said.startsWith('up')) throw new Error(`the slow line could not be laid: ${said}`);
  return {
    addresses: hosts.map((_, number) => `198.18.${number}.2`),
    end: async () => {
      line.kill();
      await ended;
      const [sent = 0, lost = 0] = said.replace('up\n', '').split(' ').map(Number);
      return { sent, lost };
    },
  };
}
