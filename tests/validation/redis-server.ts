import { redis, shell } from './acts.ts';
import type { Breakage } from './breakage.ts';

/** The checks that ask who is logged in. */
const LOGGED_IN = ['version', 'memory', 'headroom', 'policy', 'aof', 'snapshot'].map(
  (name) => `redis.${name}`,
);

/**
 * What breaks at a Redis in the same way, whoever runs it. What to do about it differs.
 * @param fixes for its version, its memory, its disk, and everything else
 * @param on the host of that Redis where it is somebody else's, who restarts it; ours is mended by the fix
 */
export function redisServer(
  fixes: Record<'version' | 'memory' | 'disk' | 'other', RegExp>,
  on?: string,
): Breakage[] {
  const only = ['redis'];
  // It forgets what was said to it, and reads its configuration again.
  const restarted = shell('docker restart -t 20 pocket-redis-redis-1', on);
  const mends = on === undefined ? {} : { mends: [restarted] };
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
      ...{ fix: fixes.other, only, ...mends },
    },
    {
      check: 'redis.memory',
      breaks: [redis('CONFIG SET maxmemory 0', on)],
      evidence: /maxmemory is 0/,
      alsoFails: ['redis.headroom'],
      ...{ fix: fixes.other, only, ...mends },
    },
    {
      check: 'redis.headroom',
      breaks: [redis(['CONFIG SET maxmemory 100mb', 'SETRANGE validation 94000000 x'], on)],
      evidence: /^9\d % used, \d MiB left; below 12 no relay is taken/,
      ...{ fix: fixes.memory, only, mends: [redis('DEL validation', on), restarted] },
    },
    {
      check: 'redis.snapshot',
      breaks: [
        shell('docker exec --user 0 pocket-redis-redis-1 chmod 555 /data', on),
        redis('BGSAVE', on),
      ],
      evidence: /rdb_last_bgsave_status: err/,
      fix: fixes.disk,
      mends: [
        shell('docker exec --user 0 pocket-redis-redis-1 chmod 755 /data', on),
        redis('BGSAVE', on),
      ],
      only,
    },
    {
      check: 'redis.login',
      breaks: [redis('CONFIG SET requirepass another', on)],
      evidence: /^the password in use is refused: .*; wanted: as default, without TLS$/,
      alsoFails: LOGGED_IN,
      // The role would wait for a Redis that it cannot log in to.
      ...{ fix: fixes.other, only, mends: [restarted] },
    },
    {
      check: 'redis.password',
      breaks: [redis(['CONFIG SET protected-mode no', 'ACL SETUSER default nopass'], on)],
      evidence: /it answers anybody/,
      // A password where none is wanted is refused.
      alsoFails: [...LOGGED_IN, 'redis.login'],
      ...{ fix: fixes.other, only, ...mends },
    },
  ];
}
