/** How many random moments each kind of fault is tried at: FAULT_MOMENTS, 30 where it is not set. */
export const MOMENTS = Number(process.env.FAULT_MOMENTS ?? 30);

/** What the random numbers begin with: FAULT_SEED, so that a failure can be had again; else the time. */
export const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);

/** Random numbers from 0 to 1, the same ones for the same seed. Source: mulberry32, by Tommy Ettinger, public domain. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
