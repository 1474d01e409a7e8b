import * as z from 'zod';
import { amountOfMemory, count, hostPort, oneOf, text } from './fields.ts';

/** Redis, PostgreSQL and Temporal: each is deployed to hosts of the profile, or a managed service elsewhere. */

export const redis = z.strictObject({
  mode: oneOf(['deploy', 'sentinel', 'external'])
    .default('deploy')
    .describe(
      'deploy: one Redis on the host of redis_hosts; sentinel: a primary, replicas and Sentinels on three hosts or more (from deploy to sentinel: list the host that has Redis first, since the others begin with its data); external: the Redis at redis_url.',
    ),
  maxmemory: amountOfMemory('3gb')
    .optional()
    .describe('The memory Redis may use for data. Default: sized from the memory of its host.'),
  user: text('a user name of letters, digits, dots, dashes', /^[A-Za-z0-9._-]{1,128}$/)
    .optional()
    .describe(
      'The ACL user at an external Redis, with secrets.redis_password. Default: the default user. Not possible through Sentinels.',
    ),
});

export const postgres = z.strictObject({
  mode: oneOf(['deploy', 'external'])
    .default('deploy')
    .describe(
      'deploy: on the host of postgres_hosts; external: the server at postgres.address, with secrets.postgres_password.',
    ),
  user: text('a lower case PostgreSQL user name', /^[a-z_][a-z0-9_]{0,62}$/)
    .default('igniter')
    .describe(
      'The user that owns the databases. At an external server it creates them where it may; else the deploy says what an administrator has to run.',
    ),
  memory: amountOfMemory('4gb')
    .optional()
    .describe('The memory PostgreSQL is tuned for. Default: from the memory of its host.'),
  // Each process of Igniter opens up to 10 connections, Temporal about 20 for each of its two databases.
  max_connections: count(100, 1000)
    .optional()
    .describe(
      'How many may be connected to PostgreSQL at once; another number restarts it. Default: 100.',
    ),
  address: hostPort.optional().describe('The external server: host:port.'),
  sslmode: oneOf(['verify-full', 'no-verify', 'disable'])
    .optional()
    .describe(
      'TLS to the external server. verify-full: its certificate is checked against public authorities; no-verify: encrypted, for a certificate of a private authority; disable: none. Default: verify-full.',
    ),
});

export const temporal = z.strictObject({
  mode: oneOf(['deploy', 'external'])
    .default('deploy')
    .describe(
      'deploy: on the host of temporal_hosts; external: the server at temporal.address, without TLS and without a key: the workers of Igniter cannot speak either.',
    ),
  address: hostPort
    .optional()
    .describe('The frontend of the external server, without TLS: host:port.'),
  retention_hours: count(1, 24 * 365)
    .default(72)
    .describe('How long Temporal keeps the history of finished workflows, in hours.'),
  workflow_retention_seconds: count(1, 365 * 86_400)
    .default(604_800)
    .describe('The same for a namespace that the Provider’s worker registers itself, in seconds.'),
});
