/** What the leading miner publishes for relayers: blocks, prices, and which suppliers are staked. */
import type { Metrics } from '../../shared/metrics.ts';
import type { Redis } from '../../shared/redis.ts';
import type { Head } from '../chain.ts';
import type { Value } from '../config/rules.ts';
import type { Line } from '../line.ts';
import type { Names } from '../names.ts';

/** Publishes a block on the channel, and keeps it where a starting relayer finds it. */
export async function publishBlock(redis: Redis, names: Names, head: Head, metrics: Metrics) {
  const block = JSON.stringify({ height: head.height, time: head.time });
  await redis.send('SET', names.currentBlock, block);
  await redis.send('PUBLISH', names.blocks, block);
  metrics.add('ha_cache_block_events_published_total');
}

/** Publishes the prices, the manifest last. The snapshot line lets them expire after `cache_ttl`. */
export async function publishPrices(redis: Redis, names: Names, config: Value, line: Line) {
  const expiry = line === 'snapshot' ? ['PX', config.cache_ttl] : [];
  const factors = Object.entries<number>(config.service_factors);
  for (const [service, factor] of factors)
    await redis.send('SET', names.serviceFactor(service), factor, ...expiry);
  await redis.send('SET', names.defaultServiceFactor, config.default_service_factor, ...expiry);
  const manifest = JSON.stringify({ services: factors.map(([service]) => service) });
  await redis.send('SET', names.manifest, manifest, ...expiry);
}

/** Writes the registry that relayers gate HTTP relays on. */
export async function publishSuppliers(redis: Redis, names: Names, known: Map<string, boolean>) {
  for (const [address, staked] of known) {
    if (staked)
      await redis.send('SET', names.supplier(address), JSON.stringify({ status: 'active' }));
    else await redis.send('DEL', names.supplier(address));
  }
}
