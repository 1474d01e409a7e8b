import { randomInt } from 'node:crypto';

/** Addresses of loopback that are ours alone, whatever else is tested on this machine: each by its last number. */
export function network(): (last: number) => string {
  const prefix = `127.${randomInt(1, 255)}.${randomInt(0, 256)}`;
  return (last) => `${prefix}.${last}`;
}
