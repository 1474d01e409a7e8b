import { DATABASE_USER } from '../../fleet/managed-services.ts';
import { shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { disconnected, sqlOn } from '../sql.ts';

const host = 'state';
const only = ['postgres'];
const tls = (state: 'on' | 'off') =>
  sqlOn(host, 'postgres', `ALTER SYSTEM SET ssl = ${state}`, 'SELECT pg_reload_conf()');
const asked = ['postgres.login', 'postgres.database-provider'];

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
];
