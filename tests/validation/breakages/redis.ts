import { redis, shell } from '../acts.ts';
import type { Act, Breakage } from '../breakage.ts';

const restarted: Act = shell('docker restart -t 20 pocket-redis-redis-1');
const only = ['redis'];
const fix = /scripts\/redis\.mjs .*--limit lab/;

export const BREAKAGES: readonly Breakage[] = [
  {
    // The profile asks for a RelayMiner that wants a newer Redis than the one that runs.
    check: 'redis.version',
    breaks: [
      {
        profile: {
          images: { redis: 'debian/redis:other', relayminer: 'standin/pocket-relay-miner:v0.1.6' },
        },
      },
    ],
    evidence: /^8\.\d\S*; standin\/pocket-relay-miner:v0\.1\.6 wants 8\.10$/,
    fix: /images\.redis in the profile, then scripts\/redis\.mjs .*--limit lab/,
    mends: [{ profile: {} }],
    only,
  },
  {
    check: 'redis.policy',
    breaks: [redis('CONFIG SET maxmemory-policy allkeys-lru')],
    evidence: /allkeys-lru/,
    ...{ fix, only, mends: [restarted] },
  },
  {
    check: 'redis.memory',
    breaks: [redis('CONFIG SET maxmemory 0')],
    evidence: /maxmemory is 0/,
    alsoFails: ['redis.headroom'],
    ...{ fix: /redis\.maxmemory in the profile/, only, mends: [restarted] },
  },
  {
    check: 'redis.headroom',
    breaks: [redis(['CONFIG SET maxmemory 100mb', 'SETRANGE validation 94000000 x'])],
    evidence: /^9\d % used, \d MiB left; below 12 no relay is taken/,
    fix: /redis\.maxmemory in the profile/,
    mends: [redis('DEL validation'), restarted],
    only,
  },
  {
    check: 'redis.aof',
    breaks: [redis('CONFIG SET appendonly no')],
    evidence: /appendonly is off/,
    ...{ fix, only, mends: [redis('CONFIG SET appendonly yes')] },
  },
  {
    check: 'redis.snapshot',
    breaks: [
      { shell: 'docker exec --user 0 pocket-redis-redis-1 chmod 555 /data' },
      redis('BGSAVE'),
    ],
    evidence: /rdb_last_bgsave_status: err/,
    fix,
    mends: [
      { shell: 'docker exec --user 0 pocket-redis-redis-1 chmod 755 /data' },
      redis('BGSAVE'),
    ],
    only,
  },
  {
    check: 'redis.password',
    breaks: [redis(['CONFIG SET protected-mode no', 'ACL SETUSER default nopass'])],
    evidence: /it answers anybody/,
    // A password where none is wanted is refused.
    alsoFails: ['version', 'memory', 'headroom', 'policy', 'aof', 'snapshot'].map(
      (name) => `redis.${name}`,
    ),
    ...{ fix, only, mends: [restarted] },
  },
];
