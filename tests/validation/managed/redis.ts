import { redis } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { redisServer } from '../redis-server.ts';

const host = 'state';
const fix = /^redis_url \(now redis:\S+\), redis\.user and secrets\.redis_password in the profile/;

export const BREAKAGES: readonly Breakage[] = [
  ...redisServer({ version: fix, memory: fix, disk: fix, other: fix }, host),
  {
    // Some managed services keep data in another way, so that it is no failure.
    check: 'redis.aof',
    verdict: 'warn',
    breaks: [redis('CONFIG SET appendonly no', host)],
    evidence: /appendonly is off: ask what else keeps it/,
    ...{ fix, only: ['redis'], mends: [redis('CONFIG SET appendonly yes', host)] },
  },
];
