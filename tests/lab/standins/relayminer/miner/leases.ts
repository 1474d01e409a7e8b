/** Supplier leases: every staked supplier is worked on by one miner, in fair shares. */
import type { Metrics } from '../../shared/metrics.ts';
import type { Redis } from '../../shared/redis.ts';
import type { Names } from '../names.ts';
import { extendScript, releaseScript } from './leader.ts';

/** The leases one miner holds. */
export class Leases {
  readonly held = new Set<string>();
  readonly #redis: Redis;
  readonly #names: Names;
  readonly #instance: string;
  readonly #ttlMs: number;
  readonly #metrics: Metrics;

  constructor(redis: Redis, names: Names, instance: string, ttlMs: number, metrics: Metrics) {
    this.#redis = redis;
    this.#names = names;
    this.#instance = instance;
    this.#ttlMs = ttlMs;
    this.#metrics = metrics;
    this.#report();
  }

  /** Says that this miner is alive, and extends its leases; one that was lost is dropped. */
  async renew(): Promise<void> {
    await this.#redis.send('SADD', this.#names.activeMiners, this.#instance);
    await this.#redis.send(
      'SET',
      this.#names.instance(this.#instance),
      Date.now(),
      'PX',
      this.#ttlMs,
    );
    for (const supplier of this.held) {
      const key = this.#names.claim(supplier);
      const kept = await this.#redis.send(
        'EVAL',
        extendScript,
        1,
        key,
        this.#instance,
        this.#ttlMs,
      );
      if (kept !== 1) this.held.delete(supplier);
    }
    this.#report();
  }

  /** Gives up what is no longer staked or above the fair share, and takes what is free up to it. */
  async rebalance(staked: string[]): Promise<void> {
    const share = Math.ceil(staked.length / Math.max(1, await this.#liveMiners()));
    this.#metrics.set('ha_miner_supplier_fair_share', share, { instance: this.#instance });
    for (const supplier of this.held)
      if (!staked.includes(supplier) || this.held.size > share) await this.#release(supplier);
    for (const supplier of staked) {
      if (this.held.size >= share) break;
      const key = this.#names.claim(supplier);
      const taken = await this.#redis.send('SET', key, this.#instance, 'NX', 'PX', this.#ttlMs);
      if (taken === 'OK') this.held.add(supplier);
    }
    this.#report();
  }

  /** Gives everything up and leaves the membership. */
  async releaseAll(): Promise<void> {
    for (const supplier of this.held) await this.#release(supplier);
    await this.#redis.send('DEL', this.#names.instance(this.#instance));
    await this.#redis.send('SREM', this.#names.activeMiners, this.#instance);
    this.#report();
  }

  async #liveMiners(): Promise<number> {
    let live = 0;
    for (const id of (await this.#redis.send('SMEMBERS', this.#names.activeMiners)) as string[]) {
      if ((await this.#redis.send('EXISTS', this.#names.instance(id))) === 1) live++;
      else await this.#redis.send('SREM', this.#names.activeMiners, id);
    }
    return live;
  }

  async #release(supplier: string): Promise<void> {
    this.held.delete(supplier);
    await this.#redis.send('EVAL', releaseScript, 1, this.#names.claim(supplier), this.#instance);
  }

  #report(): void {
    this.#metrics.set('ha_miner_supplier_claimed_count', this.held.size, {
      instance: this.#instance,
    });
    this.#metrics.set('ha_miner_supplier_manager_suppliers_active', this.held.size);
  }
}
