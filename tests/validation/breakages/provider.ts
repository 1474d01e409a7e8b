import { environment, overridden, shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { sql } from '../sql.ts';

const only = ['provider'];
const mendWeb =
  /^scripts\/provider\.mjs .*docker restart \S+-provider-web-1; .*logs --tail 50 provider-web$/;
const mendWorker =
  /^scripts\/provider\.mjs .*docker restart \S+-workflows-1; .*logs --tail 50 provider-workflows$/;
const web = (variables: Record<string, string>) =>
  environment('provider', 'provider-web', variables);
const WORKER = 'pocket-provider-provider-workflows-1';

/** Completes the wizard, as far as the worker looks at it; it stays so for what comes after. */
const bootstrapped = [
  sql('provider', 'UPDATE application_settings SET "isBootstrapped" = true'),
  shell(
    `until docker logs ${WORKER} 2>&1 | grep -q 'Bootstrap completed'; do sleep 1; done; sleep 2`,
  ),
];

export const BREAKAGES: readonly Breakage[] = [
  {
    // Before the wizard is completed, when no worker would notice; so it has to stay the first.
    check: ['provider.workflow-pollers', 'provider.activity-pollers', 'provider.schedules'],
    breaks: [shell('docker pause pocket-temporal-temporal-1')],
    evidence: /^no answer: /,
    fix: /^scripts\/temporal\.mjs .*logs --tail 50 temporal$/,
    only,
  },
  {
    check: 'provider.schedules',
    breaks: [...bootstrapped, sql('temporal', 'DELETE FROM standin_schedules')],
    evidence: /^there is none$/,
    fix: mendWorker,
    only,
  },
  {
    check: 'provider.schedules',
    breaks: [
      ...bootstrapped,
      sql('temporal', "DELETE FROM standin_schedules WHERE id = 'GovernanceSync-scheduled'"),
    ],
    evidence: /^6 of 7 schedules, without GovernanceSync$/,
    fix: mendWorker,
    only,
  },
  {
    check: ['provider.workflow-pollers', 'provider.activity-pollers'],
    breaks: [
      ...bootstrapped,
      shell(`docker stop -t 5 ${WORKER}; docker restart pocket-temporal-temporal-1`),
    ],
    evidence: /^nobody asks for tasks$/,
    fix: mendWorker,
    alsoFails: ['provider.worker'],
    only,
  },
  {
    check: 'provider.worker',
    breaks: [...bootstrapped, shell(`docker stop -t 5 ${WORKER}`)],
    evidence: /does not run/,
    fix: mendWorker,
    only,
  },
  {
    check: 'provider.session',
    breaks: [web({ AUTH_SECRET: '' })],
    evidence: /HTTP 500 .*; wanted: 200 null/,
    fix: mendWeb,
    only,
  },
  {
    check: 'provider.identity',
    breaks: [web({ APP_IDENTITY: '11'.repeat(32) })],
    evidence: /; app_identity belongs to 0/,
    fix: /scripts\/provider\.mjs .*--limit lab/,
    only,
  },
  {
    check: 'provider.status',
    breaks: [web({ APP_IDENTITY: 'not-a-key' })],
    evidence: /HTTP 500/,
    fix: mendWeb,
    alsoFails: ['provider.identity'],
    only,
  },
  {
    check: 'provider.health',
    breaks: [web({ DATABASE_URL: 'postgresql://nobody:nothing@postgres:5432/provider' })],
    evidence: /HTTP 500 .*; wanted: 200 \{\}/,
    fix: mendWeb,
    alsoFails: [
      'provider.status',
      'provider.bootstrap',
      'provider.workflow-pollers',
      'provider.activity-pollers',
      'provider.schedules',
      'provider.migrations',
      'provider.ledger',
      'provider.worker',
    ],
    only,
  },
  {
    check: 'provider.migrations',
    breaks: [
      overridden('provider', 'provider-web', { tmpfs: ['/app/apps/provider/drizzle/meta'] }),
    ],
    evidence: /_journal\.json/,
    fix: /scripts\/provider\.mjs .*--limit lab/,
    alsoFails: ['provider.ledger'],
    only,
  },
  {
    check: 'provider.ledger',
    // As an older backup leaves it.
    breaks: [
      sql(
        'provider',
        'ALTER TABLE application_settings RENAME COLUMN "pocketApiUrl" TO "rpcUrl"',
        'ALTER TABLE application_settings DROP COLUMN "pocketRpcUrl"',
        'DELETE FROM drizzle.__drizzle_migrations WHERE id = (SELECT max(id) FROM drizzle.__drizzle_migrations)',
      ),
    ],
    evidence: /^2 of 3$/,
    fix: /scripts\/provider\.mjs .*--limit lab; .*docker start --attach \S+-provider-migration-1$/,
    only,
  },
  {
    check: 'provider.bootstrap',
    // As with the database of somebody else: it answers, and has none of the tables.
    breaks: [web({ PGOPTIONS: '-c search_path=pg_catalog' })],
    evidence: /^HTTP 500/,
    fix: mendWeb,
    alsoFails: [
      'provider.status',
      'provider.workflow-pollers',
      'provider.activity-pollers',
      'provider.schedules',
      'provider.worker',
    ],
    only,
  },
];
