import type { Breakage } from '../breakage.ts';

/** Sets something of the running Redis, which its configuration brings back with the next start. */
const set = (name: string, value: string) => ({
  shell: `docker exec -e REDISCLI_AUTH="$(sed -n 's/^requirepass //p' /opt/pocket/redis/config/password.conf | tr -d '"')" pocket-redis-redis-1 redis-cli CONFIG SET ${name} ${value}`,
});

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'redis.policy',
    breaks: [set('maxmemory-policy', 'allkeys-lru')],
    evidence: /allkeys-lru/,
    fix: /scripts\/redis\.mjs/,
    mends: [set('maxmemory-policy', 'noeviction')],
    only: ['redis'],
  },
];
