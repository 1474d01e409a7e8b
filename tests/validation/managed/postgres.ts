import { DATABASE_USER } from '../../fleet/managed-services.ts';
import { shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { disconnected, sqlOn } from '../sql.ts';

const host = 'state';
const only = ['postgres'];
const tls = (state: 'on' | 'off') =>
  sqlOn(host, 'postgres', `ALTER SYSTEM SET ssl = ${state}`, 'SELECT pg_reload_conf()');
const asked = ['postgres.login', 'postgres.database-provider', 'postgres.connections'];

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'postgres.reachable',
    breaks: [shell('docker pause pocket-postgres-postgres-1', host)],
    evidence: /no answer|in time|could not be asked/,
    fix: /postgres\.address and postgres\.sslmode in the profile, or who may reach that server/,
    mends: [shell('docker unpause pocket-postgres-postgres-1', host)],
    alsoFails: asked,
    only,
  },
  {
    check: 'postgres.reachable',
    breaks: [tls('off')],
    evidence: /^it has no TLS$/,
    fix: /postgres\.address and postgres\.sslmode in the profile/,
    mends: [tls('on')],
    alsoFails: asked,
    only,
  },
  {
    check: 'postgres.login',
    breaks: [sqlOn(host, 'postgres', `ALTER ROLE ${DATABASE_USER} PASSWORD 'another'`)],
    evidence: /password authentication failed/,
    fix: /postgres\.user, postgres\.sslmode and secrets\.postgres_password in the profile/,
    mends: [sqlOn(host, 'postgres', `ALTER ROLE ${DATABASE_USER} PASSWORD 'p@ss/w#rd \\$x'`)],
    alsoFails: asked,
    only,
  },
  {
    check: 'postgres.database-provider',
    breaks: [
      sqlOn(
        host,
        'postgres',
        'ALTER DATABASE provider ALLOW_CONNECTIONS false',
        disconnected('provider'),
        'ALTER DATABASE provider RENAME TO away',
      ),
    ],
    evidence: /^there is no such database$/,
    fix: /scripts\/provider\.mjs .*--limit lab/,
    mends: [
      sqlOn(
        host,
        'postgres',
        'ALTER DATABASE away RENAME TO provider',
        'ALTER DATABASE provider ALLOW_CONNECTIONS true',
      ),
    ],
    only,
  },
  {
    check: 'postgres.connections',
    verdict: 'warn',
    breaks: [
      shell(
        `docker exec --detach pocket-postgres-postgres-1 sh -c '
          for number in $(seq 80); do psql -U "$POSTGRES_USER" -d postgres -c "SELECT pg_sleep(600)" & done; wait'`,
        host,
      ),
    ],
    evidence: /^[89]\d of 100 in use; wanted: below 80 %$/,
    fix: /^max_connections of that server, or who else uses it/,
    mends: [
      sqlOn(
        host,
        'postgres',
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()",
      ),
    ],
    only,
  },
];
