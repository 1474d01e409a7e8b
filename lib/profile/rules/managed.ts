import type { Rule } from './rule.ts';

/** What is said of a managed service is said of one, and its credentials are there. */
export const managedServicesAreComplete: Rule = (profile, report) => {
  const { redis, postgres, secrets, redis_url } = profile;
  const external = { redis: redis.mode === 'external', postgres: postgres.mode === 'external' };
  if (redis.user !== undefined && !external.redis) {
    report(['redis', 'user'], 'is used with redis.mode: external only');
  }
  if (redis.user !== undefined && redis_url?.startsWith('redis-sentinel:')) {
    report(['redis', 'user'], 'RelayMiner signs in as the default user where Sentinels are asked');
  } else if (redis.user !== undefined && external.redis && !secrets.redis_password) {
    report(['secrets', 'redis_password'], 'missing, expected it with redis.user');
  }
  if (redis.maxmemory !== undefined && external.redis) {
    report(['redis', 'maxmemory'], 'is set where the external Redis is managed');
  }
  for (const size of ['memory', 'max_connections'] as const) {
    if (postgres[size] !== undefined && external.postgres) {
      report(['postgres', size], 'is set where the external PostgreSQL is managed');
    }
  }
  if (postgres.sslmode !== undefined && !external.postgres) {
    report(['postgres', 'sslmode'], 'is used with postgres.mode: external only');
  }
  if (external.postgres && !secrets.postgres_password) {
    report(
      ['secrets', 'postgres_password'],
      'missing, expected where the password of the external PostgreSQL is: env:NAME, file:PATH or cmd:COMMAND',
    );
  }
};
