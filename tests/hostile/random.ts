/** A source of numbers that a seed gives again: whole, from 0, below the bound. */
export type Random = (below: number) => number;

/** mulberry32: small, and good enough to choose among mutations. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One of several. */
export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

/** The seed of a run: `HOSTILE_SEED` where it is set, so that a failure can be had again, else always the same. */
export const SEED = Number(process.env.HOSTILE_SEED ?? 1);
