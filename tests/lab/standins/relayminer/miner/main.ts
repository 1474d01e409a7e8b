/** The miner process. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Log, logger, reason } from '../../shared/log.ts';
import { Metrics } from '../../shared/metrics.ts';
import { Redis } from '../../shared/redis.ts';
import { toldToEnd } from '../../shared/signals.ts';
import { type Head, isStaked, readHead, readSharedParams } from '../chain.ts';
import type { Value } from '../config/rules.ts';
import { every } from '../every.ts';
import { followKeys, startKeys } from '../keys.ts';
import { type Line, streamMetric } from '../line.ts';
import { names } from '../names.ts';
import { serveMetrics } from '../observability.ts';
import { openStore, type StoreHealth, sampleStore } from '../store.ts';
import { Consumer } from './consumer.ts';
import { Leader } from './leader.ts';
import { Leases } from './leases.ts';
import { publishBlock, publishPrices, publishSuppliers } from './publisher.ts';

/** The snapshot line identifies a miner by host and pid alone; the released line adds a discriminator. */
function identity(line: Line): string {
  const base = `${hostname()}-${process.pid}`;
  return line === 'released' ? `${base}-${randomBytes(4).toString('hex')}` : base;
}

/** The released line reads network, parameters and height first, and exits when any fails or differs. */
async function requireChain(node: Value): Promise<void> {
  const limitMs = 10_000;
  const head = await readHead(node.query_node_rpc_url, limitMs).catch((error) => {
    throw new Error(
      `failed to read the network id of ${node.query_node_rpc_url}: ${reason(error)}`,
    );
  });
  if (head.network !== node.chain_id)
    throw new Error(
      `the node reports network "${head.network}", pocket_node.chain_id is "${node.chain_id}"`,
    );
  await readSharedParams(node, limitMs).catch((error) => {
    throw new Error(`failed to read shared params: ${reason(error)}`);
  });
}

/** Runs until SIGTERM; throws when the process must exit before serving. */
export async function runMiner(config: Value, line: Line, warnings: string[]): Promise<void> {
  const log: Log = logger(`relayminer-miner-${line}`, config.logging.level, config.logging.format);
  log.warn(
    'this is a stand-in for the HA RelayMiner miner: it builds no claims and sends no transactions',
  );
  for (const warning of warnings) log.warn(warning);
  const metrics = new Metrics();
  const node = config.pocket_node;
  const instance = identity(line);
  const keyNames = names(config.redis.namespace.base_prefix);
  metrics.set('ha_miner_configured_block_time_seconds', config.block_time_seconds);

  let store: Redis | undefined;
  const reachable = async () => (await store?.send('PING').catch(() => undefined)) === 'PONG';
  if (config.metrics.enabled) await serveMetrics(config.metrics.addr, metrics, reachable);
  const redis = await openStore(config.redis.url, line, log);
  store = redis;
  const keys = startKeys(config, line, true, metrics);
  if (line === 'released') await requireChain(node);

  const election = config.leader_election;
  const claiming = config.supplier_claiming;
  const leader = new Leader(
    redis,
    keyNames.leader,
    instance,
    election.leader_ttl_seconds * 1000,
    log,
    metrics,
  );
  const leases = new Leases(redis, keyNames, instance, claiming.claim_ttl_seconds * 1000, metrics);
  const blocking = await new Redis(config.redis.url).connect();
  const consumerName = `${config.redis.consumer_name || 'miner'}-${instance}`;
  const consumer = new Consumer(blocking, keyNames, consumerName, config.batch_size, metrics, line);
  const health: StoreHealth = { operable: true, reason: '', sampledAt: 0 };
  const known = new Map<string, boolean>();
  const staked = () => [...known].filter(([, yes]) => yes).map(([address]) => address);
  let head: Head | undefined;

  const failing = (what: string) => (error: unknown) => log.error(what, { error: reason(error) });
  const publishAll = async () => {
    await publishPrices(redis, keyNames, config, line);
    await publishSuppliers(redis, keyNames, known);
    if (head) await publishBlock(redis, keyNames, head, metrics);
  };
  const stops = [
    every(
      election.heartbeat_rate_seconds * 1000,
      async () => {
        if (await leader.beat()) await publishAll();
      },
      failing('leader election failed'),
    ),
    every(
      1000,
      async () => {
        const next = await readHead(node.query_node_rpc_url, node.query_timeout_seconds * 1000);
        if (next.height === head?.height) return;
        if (head)
          metrics.set(
            'ha_miner_current_block_interval_seconds',
            (Date.parse(next.time) - Date.parse(head.time)) / 1000 / (next.height - head.height),
          );
        head = next;
        metrics.set('ha_miner_current_block_height', head.height);
        if (leader.leading) await publishBlock(redis, keyNames, head, metrics);
      },
      (error) => {
        metrics.add('ha_cache_chain_query_errors_total', { query_type: 'block' });
        failing('chain not read, trying again')(error);
      },
    ),
    every(
      Math.max(1, config.supplier_reconcile_interval_seconds) * 1000,
      async () => {
        for (const address of known.keys()) if (!keys.has(address)) known.delete(address);
        for (const address of keys.keys()) known.set(address, await isStaked(node, address));
        if (leader.leading) await publishSuppliers(redis, keyNames, known);
        await leases.renew();
        await leases.rebalance(staked());
      },
      failing('suppliers not reconciled, trying again'),
    ),
    every(claiming.renew_rate_seconds * 1000, () => leases.renew(), failing('leases not renewed')),
    every(
      claiming.rebalance_interval_seconds * 1000,
      () => leases.rebalance(staked()),
      failing('leases not rebalanced'),
    ),
    every(1000, () => sampleStore(redis, line, health, metrics), failing('Redis not sampled')),
    every(
      200,
      async () => {
        if (leases.held.size > 0 && health.operable) await consumer.consume([...leases.held]);
      },
      (error) => {
        metrics.add(streamMetric(line, 'consume_errors_total'));
        failing('relays not consumed')(error);
      },
    ),
  ];
  if (line === 'released') {
    stops.push(followKeys(config, keys, log, metrics));
    stops.push(
      every(
        config.service_factor_republish_interval,
        async () => {
          if (leader.leading) await publishPrices(redis, keyNames, config, line);
        },
        failing('prices not published'),
      ),
    );
    stops.push(
      every(
        config.redis.claim_idle_timeout_ms / 4,
        () => consumer.reclaim([...leases.held], config.redis.claim_idle_timeout_ms),
        failing('pending relays not taken over'),
      ),
    );
  }
  const end = toldToEnd();
  log.info('miner started', { instance, suppliers: [...keys.keys()] });
  await end;
  // What is under way could take again what is given up.
  await Promise.all(stops.map((stop) => stop()));
  await leases.releaseAll().catch(failing('leases not released'));
  await leader.release().catch(failing('leadership not released'));
  log.info('miner stopped');
}
