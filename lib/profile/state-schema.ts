import { z } from 'zod';
import { count, hostPort, oneOf, text } from './fields.ts';

/** Redis, PostgreSQL and Temporal: each is deployed to hosts of the profile, or a managed service elsewhere. */

const amountOfMemory = (example: string) =>
  text(`an amount of memory such as 512mb or ${example}`, /^[1-9]\d{0,6}(?:mb|gb)$/i);

export const redis = z.strictObject({
  mode: oneOf(['deploy', 'sentinel', 'external'])
    .default('deploy')
    .describe(
      'deploy: one Redis on the host of redis_hosts; sentinel: a primary, replicas and Sentinels on three hosts or more; external: the Redis at redis_url.',
    ),
  maxmemory: amountOfMemory('3gb')
    .optional()
    .describe('The memory Redis may use for data. Default: sized from the memory of its host.'),
});

export const postgres = z.strictObject({
  mode: oneOf(['deploy', 'external'])
    .default('deploy')
    .describe('deploy: on the host of postgres_hosts; external: the server at postgres.address.'),
  user: text('a lower case PostgreSQL user name', /^[a-z_][a-z0-9_]{0,62}$/)
    .default('igniter')
    .describe('The user that owns the databases.'),
  memory: amountOfMemory('4gb')
    .optional()
    .describe('The memory PostgreSQL is tuned for. Default: from the memory of its host.'),
  address: hostPort().optional().describe('The external server: host:port.'),
});

export const temporal = z.strictObject({
  mode: oneOf(['deploy', 'external'])
    .default('deploy')
    .describe('deploy: on the host of temporal_hosts; external: the server at temporal.address.'),
  address: hostPort().optional().describe('The frontend of the external server: host:port.'),
  retention_hours: count(1, 24 * 365)
    .default(72)
    .describe('How long Temporal keeps the history of finished workflows, in hours.'),
  workflow_retention_seconds: count(1, 365 * 86_400)
    .default(604_800)
    .describe('The same for a namespace that the Provider’s worker registers itself, in seconds.'),
});
