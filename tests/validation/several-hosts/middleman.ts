import { environment, overridden, shell, stopped } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { disconnected, sql } from '../sql.ts';

const host = 'portal';
const only = ['middleman'];
const mendWeb = /^scripts\/middleman\.mjs .*logs --tail 50 middleman-web$/;
const mendWorker = /^scripts\/middleman\.mjs .*logs --tail 50 middleman-workflows$/;
const web = (variables: Record<string, string>) =>
  environment('middleman', 'middleman-web', variables, host);
const WEB = 'pocket-middleman-middleman-web-1';
const WORKER = 'pocket-middleman-middleman-workflows-1';

/** Has the wizard be completed or not, as far as others look at it. */
const wizard = (isBootstrapped: boolean) =>
  sql(
    'middleman',
    `INSERT INTO application_settings (id, "appIdentity", "ownerIdentity", "isBootstrapped") VALUES (1, 'none', 'none', ${isBootstrapped})
      ON CONFLICT (id) DO UPDATE SET "isBootstrapped" = ${isBootstrapped}`,
  );

/** Completes it, which the worker takes note of; it stays so for what comes after. */
const bootstrapped = [
  wizard(true),
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
    fix: /^restore it from its backup; else scripts\/postgres\.mjs .*--limit node/,
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
    only: ['temporal'],
  },
  {
    check: 'middleman.schedules',
    breaks: [
      ...bootstrapped,
      sql('temporal', "DELETE FROM standin_schedules WHERE namespace = 'middleman'"),
    ],
    evidence: /^there is none$/,
    fix: mendWorker,
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
    fix: mendWorker,
    alsoFails: ['middleman.worker'],
    only,
  },
  {
    check: 'middleman.worker',
    breaks: [...bootstrapped, shell(`docker stop -t 5 ${WORKER}`, host)],
    evidence: /does not run/,
    fix: mendWorker,
    only,
  },
  {
    check: 'middleman.session',
    breaks: [web({ AUTH_SECRET: '' })],
    evidence: /HTTP 500 .*; wanted: 200 null/,
    fix: mendWeb,
    only,
  },
  {
    check: 'middleman.relay',
    breaks: [shell(`docker pause ${WEB}`, host)],
    evidence: /^no answer: /,
    fix: mendWeb,
    only: ['middleman.relay'],
  },
  {
    check: 'middleman.health',
    breaks: [web({ DATABASE_URL: 'postgresql://nobody:nothing@postgres:5432/middleman' })],
    evidence: /^HTTP 500/,
    fix: mendWeb,
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
    // As with the database of somebody else: it answers, and has none of the tables.
    breaks: [web({ PGOPTIONS: '-c search_path=pg_catalog' })],
    evidence: /^HTTP 500/,
    fix: mendWeb,
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
    breaks: [
      overridden(
        'middleman',
        'middleman-web',
        { tmpfs: ['/app/apps/middleman/drizzle/meta'] },
        host,
      ),
    ],
    evidence: /_journal\.json/,
    fix: /scripts\/middleman\.mjs .*--limit portal/,
    alsoFails: ['middleman.ledger'],
    only,
  },
  {
    check: 'middleman.ledger',
    // As an older backup leaves it.
    breaks: [
      sql(
        'middleman',
        'DROP TABLE providers',
        'DELETE FROM drizzle.__drizzle_migrations WHERE id = (SELECT max(id) FROM drizzle.__drizzle_migrations)',
      ),
    ],
    evidence: /^\d of \d$/,
    fix: /scripts\/middleman\.mjs .*--limit portal; .*docker start --attach \S+-middleman-migration-1$/,
    only,
  },
  ...[true, false].map(
    (isBootstrapped): Breakage => ({
      check: 'registry.providers',
      verdict: isBootstrapped ? 'warn' : 'fail',
      breaks: [
        wizard(isBootstrapped),
        {
          profile: ({ outside }) => ({
            middleman: { providers_url: `http://${outside!.address}:8088/governance/nobody.json` },
          }),
        },
      ],
      evidence: isBootstrapped
        ? /^HTTP 404 without a list$/
        : /^HTTP 404 without a list: the wizard cannot be completed$/,
      fix: /middleman\.providers_url in the profile/,
      mends: [{ profile: {} }],
      only: ['registry'],
    }),
  ),
];
