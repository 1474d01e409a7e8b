import type { Breakage } from '../breakage.ts';
import { disconnected, sql } from '../sql.ts';

const only = ['postgres'];

/** A database of another name, as after a restore that went half-way. */
const renamed = (name: string, alsoFails: readonly string[] = []): Breakage => ({
  check: `postgres.database-${name}`,
  breaks: [
    sql(
      'postgres',
      `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`,
      disconnected(name),
      `ALTER DATABASE ${name} RENAME TO away`,
    ),
  ],
  evidence: /^there are .*away/,
  fix: /^restore it from its backup; else scripts\/postgres\.mjs/,
  mends: [
    sql(
      'postgres',
      `ALTER DATABASE away RENAME TO ${name}`,
      `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`,
    ),
  ],
  alsoFails,
  only,
});

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'postgres.reachable',
    breaks: [{ shell: 'docker pause pocket-postgres-postgres-1' }],
    evidence: /no answer|in time/,
    fix: /^scripts\/postgres\.mjs .*logs --tail 50 postgres$/,
    alsoFails: [
      'postgres.login',
      'postgres.password',
      'postgres.database-provider',
      'postgres.database-temporal',
      'postgres.connections',
      'postgres.schema-temporal',
      'postgres.schema-temporal-visibility',
    ],
    only,
  },
  {
    check: 'postgres.login',
    breaks: [
      {
        shell: `docker exec pocket-postgres-postgres-1 sh -c 'psql -U "$POSTGRES_USER" -d postgres -c "ALTER USER $POSTGRES_USER PASSWORD '"'another'"'"'`,
      },
    ],
    evidence: /password authentication failed/,
    fix: /scripts\/postgres\.mjs .*--limit lab/,
    alsoFails: [
      'postgres.database-provider',
      'postgres.database-temporal',
      'postgres.connections',
      'postgres.schema-temporal',
      'postgres.schema-temporal-visibility',
    ],
    only,
  },
  {
    check: 'postgres.password',
    breaks: [
      {
        shell: `docker exec --user postgres pocket-postgres-postgres-1 sh -c '
          cp "$PGDATA/pg_hba.conf" "$PGDATA/pg_hba.right"
          sed -i "1i host all all all trust" "$PGDATA/pg_hba.conf"'`,
      },
      sql('postgres', 'SELECT pg_reload_conf()'),
    ],
    evidence: /any password is accepted over TCP/,
    fix: /lines with trust .* out of pg_hba\.conf .*, then: ssh .* docker restart pocket-postgres-postgres-1$/,
    mends: [
      {
        shell: `docker exec --user postgres pocket-postgres-postgres-1 sh -c 'mv "$PGDATA/pg_hba.right" "$PGDATA/pg_hba.conf"'`,
      },
      sql('postgres', 'SELECT pg_reload_conf()'),
    ],
    only,
  },
  renamed('provider'),
  renamed('temporal', ['postgres.schema-temporal']),
  {
    check: 'postgres.connections',
    verdict: 'warn',
    breaks: [
      {
        shell: `docker exec --detach pocket-postgres-postgres-1 sh -c '
          for number in $(seq 76); do psql -U "$POSTGRES_USER" -d postgres -c "SELECT pg_sleep(600)" & done; wait'`,
      },
    ],
    evidence: /^8\d of 100 in use/,
    fix: /pg_stat_activity; postgres\.max_connections in the profile, then, .* scripts\/postgres\.mjs/,
    mends: [
      sql(
        'postgres',
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()",
      ),
    ],
    only,
  },
  ...['temporal', 'temporal_visibility'].map((database): Breakage => {
    return {
      check: `postgres.schema-${database.replace('_', '-')}`,
      // As an upgrade leaves it that was cut off; the image goes on with it when it starts.
      breaks: [sql(database, "UPDATE schema_version SET curr_version = '0.9'")],
      evidence: /^version 0\.9; the oldest compatible one is 1\.0$/,
      fix: /^scripts\/temporal\.mjs .*docker restart pocket-temporal-temporal-1/,
      only,
    };
  }),
];
