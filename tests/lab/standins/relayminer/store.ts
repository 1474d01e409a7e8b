/** Redis as both processes demand it. Source: pokt-network/pocket-relay-miner, transport/redis/, both lines. */
import { type Log, reason } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { parseInfo, Redis } from '../shared/redis.ts';
import type { Line } from './line.ts';

const mebibyte = 1024 * 1024;

/**
 * Refuses URL forms that the client cannot dial; throws with the reason. Go 1.26 parses several hosts with ports only where
 * its setting `urlstrictcolons` is 0. Source: golang/go, issue 78077; later builds of 1.26 may parse them again.
 * @param settings of Go's runtime, as in GODEBUG
 */
export function checkRedisUrl(url: string, settings = process.env.GODEBUG ?? ''): void {
  const scheme = url.match(/^([a-z-]+):\/\//)?.[1] ?? '';
  if (scheme === 'redis-cluster')
    throw new Error(`redis.url: this stand-in does not speak ${scheme}`);
  if (!['redis', 'rediss', 'redis-sentinel'].includes(scheme))
    throw new Error(`redis.url: unsupported scheme "${scheme}"`);
  if (scheme === 'redis-sentinel') checkSentinelUrl(url, settings);
  else if (!URL.canParse(url) || url.includes(',')) throw new Error('redis.url: invalid URL');
}

function checkSentinelUrl(url: string, settings: string): void {
  if (!/^redis-sentinel:\/\/[^/]+\/[^/?]+/.test(url))
    throw new Error('redis.url: redis-sentinel needs the master name in its path');
  if (!/^[^/]*\/\/(?::[^@/]*@)?[^@/]+\//.test(url))
    throw new Error('redis.url: redis-sentinel takes a password and no user');
  if (url.includes(',') && !settings.split(',').includes('urlstrictcolons=0'))
    throw new Error('redis.url: invalid redis URL: invalid port after host');
}

function atLeast(version: string, major: number, minor: number): boolean {
  const parts = version.match(/^(\d+)\.(\d+)\.(\d+)/);
  if (!parts) return false;
  const [, haveMajor, haveMinor] = parts.map(Number);
  return haveMajor! > major || (haveMajor === major && haveMinor! >= minor);
}

/** What the released line demands of `INFO`; returns the complaint, or undefined when all is well. */
export function complaint(info: Map<string, string>): string | undefined {
  const version = info.get('redis_version') ?? '';
  if (info.has('valkey_version') || info.get('server_name') === 'valkey')
    return 'Valkey is not supported, Redis 8.10.0 or newer is required';
  if (!atLeast(version, 8, 10))
    return `Redis 8.10.0 or newer is required, the server reports "${version}"`;
  if (!(Number(info.get('maxmemory')) > 0)) return 'Redis maxmemory must be set (it is 0)';
  const policy = info.get('maxmemory_policy') ?? '';
  if (policy !== 'noeviction')
    return `Redis maxmemory-policy must be noeviction, the server reports "${policy}"`;
  return undefined;
}

async function readInfo(redis: Redis): Promise<Map<string, string>> {
  const server = parseInfo(await redis.send('INFO', 'server'));
  return new Map([...server, ...parseInfo(await redis.send('INFO', 'memory'))]);
}

/** Connects, and on the released line checks the server; throws when the process must exit. */
export async function openStore(url: string, line: Line, log: Log): Promise<Redis> {
  checkRedisUrl(url);
  let redis: Redis;
  try {
    redis = await new Redis(url).connect();
    await redis.send('PING');
  } catch (error) {
    throw new Error(`failed to connect to Redis: ${reason(error)}`);
  }
  if (line === 'released') {
    const problem = complaint(await readInfo(redis));
    if (problem) throw new Error(problem);
  }
  log.info('connected to Redis', { redis_url: url });
  return redis;
}

/** Whether relays may be admitted; `reason` says why not. */
export type StoreHealth = { operable: boolean; reason: string; sampledAt: number };

/**
 * Samples memory. The released line closes below 1 GiB free (or an eighth of maxmemory), reopens at twice that,
 * and when a requirement is broken while running; the snapshot line never closes.
 */
export async function sampleStore(redis: Redis, line: Line, health: StoreHealth, metrics: Metrics) {
  const info = await readInfo(redis);
  const used = Number(info.get('used_memory'));
  const max = Number(info.get('maxmemory'));
  metrics.set('ha_miner_redis_used_memory_bytes', used);
  metrics.set('ha_miner_redis_max_memory_bytes', max);
  metrics.set('ha_miner_redis_memory_usage_ratio', max > 0 ? used / max : -1);
  health.sampledAt = Date.now();
  if (line === 'snapshot') return;
  const floor = Math.min(1024 * mebibyte, max / 8);
  const problem = complaint(info);
  const saturated = max - used < (health.operable ? floor : 2 * floor);
  health.reason = problem ? 'misconfigured' : saturated ? 'storage_saturated' : '';
  health.operable = health.reason === '';
  metrics.set('ha_transport_store_operable', health.operable ? 1 : 0);
  metrics.set('ha_transport_store_free_bytes', max - used);
}
