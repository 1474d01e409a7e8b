/** How many simulated relays a relayer serves: at once over all identities, and in a second for each of them. */
import type { Value } from '../config/rules.ts';

/** Counts what is served now, and what was served lately; one for each relayer process. */
export class SimulationLimits {
  readonly #slots: number;
  #taken = 0;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(simulation: Value) {
    this.#slots = simulation.max_concurrent;
  }

  /** Takes one of the slots; false when all are taken. */
  take(): boolean {
    if (this.#taken >= this.#slots) return false;
    this.#taken++;
    return true;
  }

  /** Gives a slot back. */
  release(): void {
    this.#taken--;
  }

  /** Takes one of an identity's relays of this second; false when there are none left. */
  allow(identity: Value): boolean {
    const rate = identity.max_rps || 5;
    const now = Date.now();
    const bucket = this.#buckets.get(identity.key_id) ?? { tokens: rate, at: now };
    this.#buckets.set(identity.key_id, bucket);
    bucket.tokens = Math.min(rate, bucket.tokens + ((now - bucket.at) / 1000) * rate);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
