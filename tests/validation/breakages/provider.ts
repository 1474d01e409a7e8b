import { again, environment, shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { disconnected, sql } from '../sql.ts';

const only = ['provider'];
const webLogs = /logs --tail 50 provider-web/;
const workerLogs = /logs --tail 50 provider-workflows/;
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
    check: 'provider.schedules',
    breaks: [...bootstrapped, sql('temporal', 'DELETE FROM standin_schedules')],
    evidence: /^there is none$/,
    fix: workerLogs,
    mends: [shell(`docker restart ${WORKER}`)],
    only,
  },
  {
    check: 'provider.schedules',
    verdict: 'warn',
    breaks: [
      ...bootstrapped,
      sql('temporal', "DELETE FROM standin_schedules WHERE id = 'GovernanceSync-scheduled'"),
    ],
    evidence: /^6 schedules, without GovernanceSync$/,
    fix: workerLogs,
    mends: [shell(`docker restart ${WORKER}`)],
    only,
  },
  {
    check: ['provider.workflow-pollers', 'provider.activity-pollers'],
    breaks: [
      ...bootstrapped,
      shell(`docker stop -t 5 ${WORKER}; docker restart pocket-temporal-temporal-1`),
    ],
    evidence: /^nobody asks for tasks$/,
    fix: workerLogs,
    mends: [again('provider')],
    alsoFails: ['provider.worker'],
    only,
  },
  {
    check: 'provider.worker',
    breaks: [...bootstrapped, shell(`docker stop -t 5 ${WORKER}`)],
    evidence: /does not run/,
    fix: workerLogs,
    mends: [again('provider')],
    only,
  },
  {
    check: 'provider.session',
    breaks: [web({ AUTH_SECRET: '' })],
    evidence: /HTTP 500 .*; wanted: 200 null/,
    fix: webLogs,
    mends: [again('provider')],
    only,
  },
  {
    check: 'provider.identity',
    breaks: [web({ APP_IDENTITY: '11'.repeat(32) })],
    evidence: /; app_identity belongs to 0/,
    fix: /scripts\/provider\.mjs .*--limit lab/,
    mends: [again('provider')],
    only,
  },
  {
    check: 'provider.status',
    breaks: [web({ APP_IDENTITY: 'not-a-key' })],
    evidence: /HTTP 500/,
    fix: webLogs,
    mends: [again('provider')],
    alsoFails: ['provider.identity'],
    only,
  },
  {
    check: 'provider.health',
    breaks: [
      sql('postgres', 'ALTER DATABASE provider ALLOW_CONNECTIONS false', disconnected('provider')),
    ],
    evidence: /HTTP 500 .*; wanted: 200 \{\}/,
    fix: webLogs,
    mends: [sql('postgres', 'ALTER DATABASE provider ALLOW_CONNECTIONS true')],
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
      shell(
        'docker exec --user 0 pocket-provider-provider-web-1 mv /app/apps/provider/drizzle/meta /app/apps/provider/drizzle/away',
      ),
    ],
    evidence: /_journal\.json/,
    fix: /scripts\/provider\.mjs .*--limit lab/,
    mends: [
      shell(
        'docker exec --user 0 pocket-provider-provider-web-1 mv /app/apps/provider/drizzle/away /app/apps/provider/drizzle/meta',
      ),
    ],
    alsoFails: ['provider.ledger'],
    only,
  },
  {
    check: 'provider.ledger',
    breaks: [
      sql(
        'provider',
        'CREATE TABLE drizzle.kept AS SELECT * FROM drizzle.__drizzle_migrations ORDER BY id DESC LIMIT 1',
        'DELETE FROM drizzle.__drizzle_migrations WHERE id IN (SELECT id FROM drizzle.kept)',
      ),
    ],
    evidence: /^2 of 3$/,
    fix: /scripts\/provider\.mjs .*--limit lab/,
    mends: [
      sql(
        'provider',
        'INSERT INTO drizzle.__drizzle_migrations SELECT * FROM drizzle.kept',
        'DROP TABLE drizzle.kept',
      ),
    ],
    only,
  },
  {
    check: 'provider.bootstrap',
    breaks: [sql('provider', 'ALTER TABLE application_settings RENAME TO away')],
    evidence: /^HTTP 500/,
    fix: webLogs,
    mends: [sql('provider', 'ALTER TABLE away RENAME TO application_settings')],
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
