import { again, environment, shell, stopped } from '../acts.ts';
import type { Act, Breakage } from '../breakage.ts';
import { disconnected, sql } from '../sql.ts';

const host = 'portal';
const only = ['middleman'];
const mends: readonly Act[] = [again('middleman', host)];
const webLogs = /logs --tail 50 middleman-web/;
const workerLogs = /logs --tail 50 middleman-workflows/;
const WEB = 'pocket-middleman-middleman-web-1';
const WORKER = 'pocket-middleman-middleman-workflows-1';
const MIGRATIONS = '/app/apps/middleman/drizzle';

/** Completes the wizard, as far as the worker looks at it; it stays so for what comes after. */
const bootstrapped = [
  sql(
    'middleman',
    `INSERT INTO application_settings (id, "appIdentity", "ownerIdentity", "isBootstrapped") VALUES (1, 'none', 'none', true)
      ON CONFLICT (id) DO UPDATE SET "isBootstrapped" = true`,
  ),
  shell(
    `until docker logs ${WORKER} 2>&1 | grep -q 'Bootstrap completed'; do sleep 1; done; sleep 2`,
    host,
  ),
];

export const BREAKAGES: readonly Breakage[] = [
  stopped('middleman-web', 'middleman', 'middleman', { host }),
  stopped('middleman-workflows', 'middleman', 'middleman', { host }),
  {
    check: 'docker.middleman-migration',
    breaks: [shell('docker rm pocket-middleman-middleman-migration-1', host)],
    evidence: /has no container middleman-migration/,
    fix: /scripts\/middleman\.mjs .*--limit portal/,
    mends,
    only: ['docker'],
  },
  {
    check: 'postgres.database-middleman',
    breaks: [
      sql(
        'postgres',
        'ALTER DATABASE middleman ALLOW_CONNECTIONS false',
        disconnected('middleman'),
        'ALTER DATABASE middleman RENAME TO away',
      ),
    ],
    evidence: /^there are .*away/,
    fix: /scripts\/postgres\.mjs .*--limit node/,
    mends: [
      sql(
        'postgres',
        'ALTER DATABASE away RENAME TO middleman',
        'ALTER DATABASE middleman ALLOW_CONNECTIONS true',
      ),
    ],
    only: ['postgres'],
  },
  {
    check: 'temporal.namespace-middleman',
    breaks: [sql('temporal', "DELETE FROM standin_namespaces WHERE name = 'middleman'")],
    evidence: /there is no such namespace/,
    fix: /scripts\/temporal\.mjs .*--limit node/,
    mends: [again('temporal', 'node')],
    only: ['temporal'],
  },
  {
    check: 'middleman.schedules',
    breaks: [
      ...bootstrapped,
      sql('temporal', "DELETE FROM standin_schedules WHERE namespace = 'middleman'"),
    ],
    evidence: /^there is none$/,
    fix: workerLogs,
    mends: [shell(`docker restart ${WORKER}`, host)],
    only,
  },
  {
    check: ['middleman.workflow-pollers', 'middleman.activity-pollers'],
    breaks: [
      ...bootstrapped,
      shell(`docker stop -t 5 ${WORKER}`, host),
      shell('docker restart pocket-temporal-temporal-1'),
    ],
    evidence: /^nobody asks for tasks$/,
    fix: workerLogs,
    mends,
    alsoFails: ['middleman.worker'],
    only,
  },
  {
    check: 'middleman.worker',
    breaks: [...bootstrapped, shell(`docker stop -t 5 ${WORKER}`, host)],
    evidence: /does not run/,
    fix: workerLogs,
    mends,
    only,
  },
  {
    check: 'middleman.session',
    breaks: [environment('middleman', 'middleman-web', { AUTH_SECRET: '' }, host)],
    evidence: /HTTP 500 .*; wanted: 200 null/,
    fix: webLogs,
    mends,
    only,
  },
  {
    check: 'middleman.relay',
    breaks: [shell(`docker pause ${WEB}`, host)],
    evidence: /^no answer: /,
    fix: webLogs,
    mends: [shell(`docker unpause ${WEB}`, host)],
    only: ['middleman.relay'],
  },
  {
    check: 'middleman.health',
    breaks: [
      sql(
        'postgres',
        'ALTER DATABASE middleman ALLOW_CONNECTIONS false',
        disconnected('middleman'),
      ),
    ],
    evidence: /^HTTP 500/,
    fix: webLogs,
    mends: [sql('postgres', 'ALTER DATABASE middleman ALLOW_CONNECTIONS true')],
    alsoFails: [
      'middleman.own-url',
      'middleman.bootstrap',
      'middleman.workflow-pollers',
      'middleman.activity-pollers',
      'middleman.schedules',
      'middleman.migrations',
      'middleman.ledger',
      'middleman.worker',
    ],
    only,
  },
  {
    check: 'middleman.bootstrap',
    breaks: [sql('middleman', 'ALTER TABLE application_settings RENAME TO away')],
    evidence: /^HTTP 500/,
    fix: webLogs,
    mends: [sql('middleman', 'ALTER TABLE away RENAME TO application_settings')],
    alsoFails: [
      'middleman.own-url',
      'middleman.workflow-pollers',
      'middleman.activity-pollers',
      'middleman.schedules',
      'middleman.worker',
    ],
    only,
  },
  {
    check: 'middleman.migrations',
    host,
    breaks: [shell(`docker exec --user 0 ${WEB} mv ${MIGRATIONS}/meta ${MIGRATIONS}/away`, host)],
    evidence: /_journal\.json/,
    fix: /scripts\/middleman\.mjs .*--limit portal/,
    mends: [shell(`docker exec --user 0 ${WEB} mv ${MIGRATIONS}/away ${MIGRATIONS}/meta`, host)],
    alsoFails: ['middleman.ledger'],
    only,
  },
  {
    check: 'middleman.ledger',
    breaks: [
      sql(
        'middleman',
        'CREATE TABLE drizzle.kept AS SELECT * FROM drizzle.__drizzle_migrations ORDER BY id DESC LIMIT 1',
        'DELETE FROM drizzle.__drizzle_migrations WHERE id IN (SELECT id FROM drizzle.kept)',
      ),
    ],
    evidence: /^\d of \d$/,
    fix: /scripts\/middleman\.mjs .*--limit portal/,
    mends: [
      sql(
        'middleman',
        'INSERT INTO drizzle.__drizzle_migrations SELECT * FROM drizzle.kept',
        'DROP TABLE drizzle.kept',
      ),
    ],
    only,
  },
  {
    check: 'registry.providers',
    verdict: 'warn',
    breaks: [
      {
        profile: ({ outside }) => ({
          middleman: { providers_url: `http://${outside!.address}:8088/governance/nobody.json` },
        }),
      },
    ],
    evidence: /^HTTP 404 without a list: the wizard cannot be completed$/,
    fix: /middleman\.providers_url in the profile/,
    mends: [{ profile: {} }],
    only: ['registry'],
  },
];
