import { again, redis, shell, stopped } from '../acts.ts';
import type { Breakage } from '../breakage.ts';

const only = ['redis'];
const SENTINEL = 'pocket-redis-sentinel-sentinel-1';

export const BREAKAGES: readonly Breakage[] = [
  stopped('sentinel', 'redis-sentinel', 'redis', { host: 'spare' }),
  {
    check: 'redis.quorum',
    host: 'node',
    breaks: ['portal', 'spare'].map((host) => shell(`docker stop -t 3 ${SENTINEL}`, host)),
    evidence: /^NOQUORUM/,
    fix: /^scripts\/redis\.mjs .*--limit node,portal,spare; .*logs --tail 50 sentinel$/,
    alsoFails: ['redis.quorum', 'redis.primary', 'redis.one-primary'],
    only,
  },
  {
    // One of the Redis takes itself for a primary, and is told so again as soon as a Sentinel mends it.
    check: ['redis.primary', 'redis.one-primary'],
    host: 'spare',
    breaks: [
      shell(
        `cat >/run/second-primary <<'SHELL'
REDISCLI_AUTH=$(sed -n 's/^requirepass "\\(.*\\)"$/\\1/p' /opt/pocket/redis/config/password.conf)
export REDISCLI_AUTH
while :; do docker exec --env REDISCLI_AUTH pocket-redis-redis-1 redis-cli REPLICAOF NO ONE; sleep 0.5; done
SHELL
        systemd-run --quiet --unit second-primary bash /run/second-primary`,
        'spare',
      ),
    ],
    evidence:
      /^it is a second primary; its Sentinel names|, and 2 Redis say that they are the primary$/,
    fix: /^scripts\/redis\.mjs .*--limit (?:spare$|node,portal,spare; )/,
    mends: [
      shell('systemctl stop second-primary; rm /run/second-primary', 'spare'),
      again('redis', 'spare'),
    ],
    alsoFails: ['redis.replication', 'redis.quorum'],
    only,
  },
  {
    check: 'redis.replication',
    host: 'spare',
    breaks: [redis(['CONFIG SET masterauth another', 'CLIENT KILL TYPE master'], 'spare')],
    evidence: /^its link to the primary is down; wanted: up$/,
    fix: /^ssh .* spare docker restart pocket-redis-redis-1; .*logs --tail 50 redis$/,
    alsoFails: ['redis.replication'],
    only,
  },
  {
    check: 'redis.min-replicas',
    host: 'node',
    breaks: [redis('CONFIG SET min-replicas-to-write 0', 'node')],
    evidence: /^min-replicas-to-write is 0: a failover would lose/,
    fix: /^scripts\/redis\.mjs .*--limit node; .*docker restart pocket-redis-redis-1/,
    only,
  },
];
