import { redis, shell } from './acts.ts';
import type { Act, Breakage } from './breakage.ts';

/** Forgets what was said to the Redis of a host; it reads its configuration again. */
function restarted(on?: string): Act {
  return shell('docker restart -t 20 pocket-redis-redis-1', on);
}

/**
 * What breaks at a Redis in the same way, whoever runs it. What to do about it differs.
 * @param fixes for its version, for its memory, and for everything else
 * @param on the host of that Redis; the first of the scene where absent
 */
export function redisServer(
  fixes: { version: RegExp; memory: RegExp; other: RegExp },
  on?: string,
): Breakage[] {
  const only = ['redis'];
  const mends = [restarted(on)];
  return [
    {
      // The profile asks for a RelayMiner that wants a newer Redis than the one that runs.
      check: 'redis.version',
      breaks: [
        {
          profile: {
            images: {
              redis: 'debian/redis:other',
              relayminer: 'standin/pocket-relay-miner:v0.1.6',
            },
          },
        },
      ],
      evidence: /^8\.\d\S*; standin\/pocket-relay-miner:v0\.1\.6 wants 8\.10$/,
      ...{ fix: fixes.version, only, mends: [{ profile: {} }] },
    },
    {
      check: 'redis.policy',
      breaks: [redis('CONFIG SET maxmemory-policy allkeys-lru', on)],
      evidence: /allkeys-lru/,
      ...{ fix: fixes.other, only, mends },
    },
    {
      check: 'redis.memory',
      breaks: [redis('CONFIG SET maxmemory 0', on)],
      evidence: /maxmemory is 0/,
      alsoFails: ['redis.headroom'],
      ...{ fix: fixes.memory, only, mends },
    },
    {
      check: 'redis.headroom',
      breaks: [redis(['CONFIG SET maxmemory 100mb', 'SETRANGE validation 94000000 x'], on)],
      evidence: /^9\d % used, \d MiB left; below 12 no relay is taken/,
      ...{ fix: fixes.memory, only, mends: [redis('DEL validation', on), ...mends] },
    },
    {
      check: 'redis.snapshot',
      breaks: [
        shell('docker exec --user 0 pocket-redis-redis-1 chmod 555 /data', on),
        redis('BGSAVE', on),
      ],
      evidence: /rdb_last_bgsave_status: err/,
      fix: fixes.other,
      mends: [
        shell('docker exec --user 0 pocket-redis-redis-1 chmod 755 /data', on),
        redis('BGSAVE', on),
      ],
      only,
    },
    {
      check: 'redis.password',
      breaks: [redis(['CONFIG SET protected-mode no', 'ACL SETUSER default nopass'], on)],
      evidence: /it answers anybody/,
      // A password where none is wanted is refused.
      alsoFails: ['version', 'memory', 'headroom', 'policy', 'aof', 'snapshot'].map(
        (name) => `redis.${name}`,
      ),
      ...{ fix: fixes.other, only, mends },
    },
  ];
}
