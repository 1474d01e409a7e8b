import { redis } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { redisServer } from '../redis-server.ts';

const fix = /scripts\/redis\.mjs .*--limit lab/;

export const BREAKAGES: readonly Breakage[] = [
  ...redisServer({
    version: /images\.redis in the profile, then scripts\/redis\.mjs .*--limit lab/,
    memory: /redis\.maxmemory in the profile/,
    other: fix,
  }),
  {
    check: 'redis.aof',
    breaks: [redis('CONFIG SET appendonly no')],
    evidence: /appendonly is off/,
    ...{ fix, only: ['redis'], mends: [redis('CONFIG SET appendonly yes')] },
  },
];
