/** What all parts of a relayer share. */
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Redis } from '../../shared/redis.ts';
import type { Value } from '../config/rules.ts';
import type { Keys } from '../keys.ts';
import type { Line } from '../line.ts';
import type { Names } from '../names.ts';
import type { StoreHealth } from '../store.ts';
import { Pool } from './pool.ts';
import type { SimulationLimits } from './simulation-limits.ts';

export type Context = {
  config: Value;
  line: Line;
  log: Log;
  metrics: Metrics;
  redis: Redis;
  names: Names;
  keys: Keys;
  /** Pools by service, then by transport. */
  pools: Map<string, Map<string, Pool>>;
  /** The newest height a miner published; 0 before. */
  height: number;
  /** Whether a miner has published its prices. */
  priced: boolean;
  store: StoreHealth;
  simulated: SimulationLimits;
};

/** Builds the pools of every service. */
export function buildPools(config: Value, metrics: Metrics): Context['pools'] {
  const services = Object.entries<Value>(config.services).map(
    ([id, service]): [string, Map<string, Pool>] => {
      const backends = Object.entries<Value>(service.backends);
      return [
        id,
        new Map(backends.map(([type, backend]) => [type, new Pool(id, backend, metrics)])),
      ];
    },
  );
  return new Map(services);
}

/** A refused relay: the HTTP status, the metric's reason, and the text. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}
