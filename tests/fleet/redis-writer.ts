import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from '../lab/standins/shared/redis.ts';

/** What writers saw. */
export interface Written {
  /** The key of the bits that were set. */
  key: string;
  /** The numbers of the bits whose writing Redis acknowledged. */
  acknowledged: Set<number>;
  /** Of these the last one on each connection that was cut off. */
  last: Set<number>;
  /** The longest time in which nothing was acknowledged, in milliseconds. */
  longestGapMs: number;
}

let started = 0;

/** Sets bit after bit of a key, over several connections, and keeps account of what was acknowledged. */
export function startWriting(url: string, connections = 4): { stop(): Promise<Written> } {
  const key = `test:writes:${++started}`;
  const written: Written = { key, acknowledged: new Set(), last: new Set(), longestGapMs: 0 };
  let next = 0;
  let writing = true;
  let latest = performance.now();
  const writer = async () => {
    const redis = new Redis(url);
    let mine = -1;
    while (writing) {
      const number = next++;
      try {
        await redis.send('SETBIT', key, number, 1);
        written.acknowledged.add(number);
        mine = number;
        const now = performance.now();
        written.longestGapMs = Math.max(written.longestGapMs, now - latest);
        latest = now;
      } catch {
        written.last.add(mine);
        await sleep(50);
      }
    }
    redis.close();
  };
  const writers = Array.from({ length: connections }, writer);
  return {
    async stop() {
      writing = false;
      await Promise.all(writers);
      return written;
    },
  };
}

/** The numbers of the acknowledged bits that are not set any more. */
export async function missingOf(url: string, { key, acknowledged }: Written): Promise<number[]> {
  const redis = new Redis(url);
  const bits = Buffer.from(String(await redis.send('GET', key)), 'latin1');
  redis.close();
  return [...acknowledged].filter((number) => !((bits[number >> 3] ?? 0) & (0x80 >> (number & 7))));
}
