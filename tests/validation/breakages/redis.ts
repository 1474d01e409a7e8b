import { redis } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { redisServer } from '../redis-server.ts';

const fix = /^scripts\/redis\.mjs .*--limit lab; .*docker restart pocket-redis-redis-1/;

export const BREAKAGES: readonly Breakage[] = [
  ...redisServer({
    version: /images\.redis in the profile, then scripts\/redis\.mjs .*--limit lab/,
    memory: /redis\.maxmemory in the profile/,
    disk: /^room on its disk, and the right to write at \/data there; .*logs --tail 50 redis$/,
    other: fix,
  }),
  {
    check: 'redis.aof',
    breaks: [redis('CONFIG SET appendonly no')],
    evidence: /appendonly is off/,
    ...{ fix, only: ['redis'] },
  },
];
