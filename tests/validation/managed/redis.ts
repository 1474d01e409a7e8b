import { redis, shell } from '../acts.ts';
import type { Act, Breakage } from '../breakage.ts';

const host = 'state';
const restarted: Act = shell('docker restart -t 20 pocket-redis-redis-1', host);
const only = ['redis'];
const fix = /^redis_url \(now redis:\S+\), redis\.user and secrets\.redis_password in the profile/;

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'redis.version',
    breaks: [
      {
        profile: {
          images: { redis: 'debian/redis:other', relayminer: 'standin/pocket-relay-miner:v0.1.6' },
        },
      },
    ],
    evidence: /^8\.\d\S*; standin\/pocket-relay-miner:v0\.1\.6 wants 8\.10$/,
    ...{ fix, only, mends: [{ profile: {} }] },
  },
  {
    check: 'redis.policy',
    breaks: [redis('CONFIG SET maxmemory-policy allkeys-lru', host)],
    evidence: /allkeys-lru/,
    ...{ fix, only, mends: [restarted] },
  },
  {
    check: 'redis.memory',
    breaks: [redis('CONFIG SET maxmemory 0', host)],
    evidence: /maxmemory is 0/,
    alsoFails: ['redis.headroom'],
    ...{ fix, only, mends: [restarted] },
  },
  {
    check: 'redis.headroom',
    breaks: [redis(['CONFIG SET maxmemory 100mb', 'SETRANGE validation 94000000 x'], host)],
    evidence: /^9\d % used, \d MiB left; below 12 no relay is taken/,
    ...{ fix, only, mends: [redis('DEL validation', host), restarted] },
  },
  {
    // Some managed services keep data in another way, so that it is no failure.
    check: 'redis.aof',
    verdict: 'warn',
    breaks: [redis('CONFIG SET appendonly no', host)],
    evidence: /appendonly is off: ask what else keeps it/,
    ...{ fix, only, mends: [redis('CONFIG SET appendonly yes', host)] },
  },
  {
    check: 'redis.snapshot',
    breaks: [
      shell('docker exec --user 0 pocket-redis-redis-1 chmod 555 /data', host),
      redis('BGSAVE', host),
    ],
    evidence: /rdb_last_bgsave_status: err/,
    fix,
    mends: [
      shell('docker exec --user 0 pocket-redis-redis-1 chmod 755 /data', host),
      redis('BGSAVE', host),
    ],
    only,
  },
  {
    check: 'redis.password',
    breaks: [redis(['CONFIG SET protected-mode no', 'ACL SETUSER default nopass'], host)],
    evidence: /it answers anybody/,
    // A password where none is wanted is refused.
    alsoFails: ['version', 'memory', 'headroom', 'policy', 'aof', 'snapshot'].map(
      (name) => `redis.${name}`,
    ),
    ...{ fix, only, mends: [restarted] },
  },
];
