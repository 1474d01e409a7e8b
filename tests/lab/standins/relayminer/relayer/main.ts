/** The relayer process. */
import { type Log, logger, reason } from '../../shared/log.ts';
import { Metrics } from '../../shared/metrics.ts';
import { listen } from '../../shared/multiplex.ts';
import { Redis } from '../../shared/redis.ts';
import { toldToEnd } from '../../shared/signals.ts';
import { readHead } from '../chain.ts';
import type { Value } from '../config/rules.ts';
import { every } from '../every.ts';
import { followKeys, startKeys } from '../keys.ts';
import type { Line } from '../line.ts';
import { names } from '../names.ts';
import { serveMetrics } from '../observability.ts';
import { openStore, sampleStore } from '../store.ts';
import { buildPools, type Context } from './context.ts';
import { healthServer } from './health.ts';
import { ingress } from './ingress.ts';
import { SimulationLimits } from './simulation-limits.ts';

function setHeight(context: Context, published: string): void {
  context.height = JSON.parse(published).height;
  context.metrics.set('ha_relayer_current_block_height', context.height);
  context.metrics.set('ha_cache_current_block_height', context.height);
}

/** Follows the published blocks: the newest at start, then the channel, joined again when Redis comes back. */
function followBlocks(
  context: Context,
  url: string,
  onError: (error: unknown) => void,
): () => void {
  let subscriber: Redis | undefined;
  return every(
    1000,
    async () => {
      if (subscriber?.connected) return;
      subscriber = await new Redis(url).connect();
      await subscriber.subscribe(context.names.blocks, (payload) => {
        context.metrics.add('ha_cache_block_events_received_total');
        setHeight(context, payload);
      });
      const newest = await context.redis.send('GET', context.names.currentBlock);
      if (newest !== null) setHeight(context, String(newest));
    },
    onError,
  );
}

/** Runs until SIGTERM; throws when the process must exit before serving. */
export async function runRelayer(config: Value, line: Line, warnings: string[]): Promise<void> {
  const log: Log = logger(
    `relayminer-relayer-${line}`,
    config.logging.level,
    config.logging.format,
  );
  log.warn(
    'this is a stand-in for the HA RelayMiner relayer: of ordinary relays it checks no ring signature, no session ' +
      'and no budget',
  );
  for (const warning of warnings) log.warn(warning);
  const metrics = new Metrics();
  metrics.set('ha_relayer_active_connections', 0);

  if (config.metrics.enabled) await serveMetrics(config.metrics.addr, metrics, async () => true);
  const redis = await openStore(config.redis.url, line, log);
  const keys = startKeys(config, line, false, metrics);
  if (keys.size === 0) log.warn('no supplier keys: every relay will be refused');
  const context: Context = {
    config,
    line,
    log,
    metrics,
    redis,
    names: names(config.redis.namespace.base_prefix),
    keys,
    pools: buildPools(config, metrics),
    height: 0,
    priced: false,
    store: { operable: true, reason: '', sampledAt: 0 },
    simulated: new SimulationLimits(config.simulation),
  };
  await readHead(config.pocket_node.query_node_rpc_url, 5000).catch((error) =>
    log.warn('chain unreachable, continuing anyway', { error: reason(error) }),
  );

  const failing = (what: string) => (error: unknown) => log.error(what, { error: reason(error) });
  const pools = [...context.pools.values()].flatMap((byType) => [...byType.values()]);
  const stops = [
    followBlocks(context, config.redis.url, failing('blocks not followed')),
    every(
      1000,
      async () => {
        await sampleStore(redis, line, context.store, metrics);
        context.priced = (await redis.send('EXISTS', context.names.manifest)) === 1;
      },
      failing('Redis not sampled'),
    ),
    ...pools.map((pool) => pool.probe()),
  ];
  if (line === 'released' && config.keys.hot_reload_enabled)
    stops.push(followKeys(config, keys, log, metrics));

  const servers = ingress(context);
  servers.port.on('connection', (socket) => {
    servers.port.getConnections((_error, count) =>
      metrics.set('ha_relayer_active_connections', count),
    );
    socket.on('close', () =>
      servers.port.getConnections((_error, count) =>
        metrics.set('ha_relayer_active_connections', count),
      ),
    );
  });
  if (config.health_check.enabled)
    await listen(healthServer(context), config.health_check.addr).catch(
      failing('health server failed'),
    );
  await listen(servers.port, config.listen_addr).catch(failing('relay server failed'));
  const end = toldToEnd();
  log.info('relayer started', { listen_addr: config.listen_addr, suppliers: [...keys.keys()] });
  await end;
  for (const stop of stops) stop();
  if (line === 'released') {
    log.info('draining relays for at most 30 s');
    const limit = new Promise((resolve) => setTimeout(resolve, 30_000));
    await Promise.race([servers.close(), limit]);
  }
  log.info('relayer stopped');
}
