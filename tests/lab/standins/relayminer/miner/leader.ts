/** Leader election through one expiring lock. */
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Redis } from '../../shared/redis.ts';

/** Extends a key only while it still holds our identity. */
export const extendScript =
  "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('PEXPIRE',KEYS[1],ARGV[2]) end return 0";
/** Deletes a key only while it still holds our identity. */
export const releaseScript =
  "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0";

/** One miner's view of the leadership. */
export class Leader {
  leading = false;
  readonly #redis: Redis;
  readonly #key: string;
  readonly #instance: string;
  readonly #ttlMs: number;
  readonly #log: Log;
  readonly #metrics: Metrics;

  constructor(
    redis: Redis,
    key: string,
    instance: string,
    ttlMs: number,
    log: Log,
    metrics: Metrics,
  ) {
    this.#redis = redis;
    this.#key = key;
    this.#instance = instance;
    this.#ttlMs = ttlMs;
    this.#log = log;
    this.#metrics = metrics;
    metrics.set('ha_miner_leader_status', 0, { instance });
  }

  /** Takes or extends the lock; returns true when this call made us leader. */
  async beat(): Promise<boolean> {
    const before = this.leading;
    try {
      const kept =
        before &&
        (await this.#redis.send(
          'EVAL',
          extendScript,
          1,
          this.#key,
          this.#instance,
          this.#ttlMs,
        )) === 1;
      this.leading =
        kept ||
        (await this.#redis.send('SET', this.#key, this.#instance, 'NX', 'PX', this.#ttlMs)) ===
          'OK';
    } catch (error) {
      this.leading = false;
      throw error;
    } finally {
      this.#announce(before);
    }
    return this.leading && !before;
  }

  /** Gives the lock up, so that another miner need not wait for its expiry. */
  async release(): Promise<void> {
    const before = this.leading;
    this.leading = false;
    this.#announce(before);
    await this.#redis.send('EVAL', releaseScript, 1, this.#key, this.#instance);
  }

  #announce(before: boolean): void {
    const instance = this.#instance;
    this.#metrics.set('ha_miner_leader_status', this.leading ? 1 : 0, { instance });
    if (before === this.leading) return;
    this.#metrics.add(
      this.leading ? 'ha_miner_leader_elections_total' : 'ha_miner_leader_losses_total',
      { instance },
    );
    this.#log.info(this.leading ? 'became leader' : 'lost leadership', { instance });
  }
}
