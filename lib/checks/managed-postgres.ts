import { type Endpoint, sslMode } from '../endpoints.ts';
import { postgresClient } from '../postgres-client.ts';
import type { RoleName } from '../profile/roles.ts';
import { type Shell, sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { mend, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { connectionsVerdict, SCHEMA_VERSION, schemaVerdict } from './postgres-state.ts';

/** The databases that roles need. */
const DATABASES: Partial<Record<RoleName, readonly string[]>> = {
  provider: ['provider'],
  middleman: ['middleman'],
  temporal: ['temporal', 'temporal_visibility'],
};

/** A managed PostgreSQL, asked from each host that uses it, through the TLS that its profile says. */
export function managedPostgresChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const { user } = deployment.profile.postgres;
  const mode = sslMode(deployment.profile);
  const needed = host.roles.flatMap((role) =>
    (DATABASES[role] ?? []).map((database) => ({ role, database })),
  );
  if (needed.length === 0) return [];
  const about = { group: 'postgres', severity: 'critical', host } as const;
  const asked = (database: string, statement: string) => ({
    ...about,
    probe: sh`printf '%s\n' "$postgres_password" | ${postgresClient(deployment, host, { database, statement })}`,
    secrets: ['postgres_password'],
    timeoutSeconds: 30,
  });
  const login = asked('postgres', 'SELECT datname FROM pg_database');
  return [
    {
      ...about,
      id: 'postgres.reachable',
      title: 'The external PostgreSQL answers at its port',
      probe: sslRequest(deployment.endpoint('postgres', host)),
      fix: 'postgres.address and postgres.sslmode in the profile, or who may reach that server',
      judge: (result) => reachableVerdict(result, mode !== 'disable'),
    },
    {
      ...login,
      id: 'postgres.login',
      title: `${user} logs in with the password in use, sslmode ${mode}`,
      fix: 'postgres.user, postgres.sslmode and secrets.postgres_password in the profile',
      judge: (result) => databasesVerdict(result, () => pass('logged in')),
    },
    ...needed.map(
      ({ role, database }): Check => ({
        ...login,
        id: `postgres.database-${database}`,
        title: `The database ${database} exists`,
        fix: rerun(deployment, role, host),
        judge: (result) =>
          databasesVerdict(result, (names) =>
            names.includes(database) ? pass('it exists') : fail('there is no such database'),
          ),
      }),
    ),
    {
      // Whoever is not the administrator sees of others in pg_stat_activity that they are there, and not what they are
      // (postgresql.org, monitoring-stats, 16).
      ...asked(
        'postgres',
        "SELECT sum(numbackends), current_setting('max_connections') FROM pg_stat_database",
      ),
      id: 'postgres.connections',
      title: 'The external PostgreSQL has connections left',
      fix: 'max_connections of that server, or who else uses it: SELECT datname, numbackends FROM pg_stat_database',
      judge: connectionsVerdict,
    },
    ...(host.roles.includes('temporal') ? DATABASES.temporal! : []).map(
      (database): Check => ({
        ...asked(database, SCHEMA_VERSION),
        id: `postgres.schema-${database.replace('_', '-')}`,
        title: `The schema of ${database} is one that Temporal has made`,
        fix: mend(deployment, host, 'temporal'),
        judge: schemaVerdict,
      }),
    ),
  ];
}

/** Judges a list of databases, of which every server has one called template1. */
function databasesVerdict(result: ProbeResult, judge: (names: string[]) => Verdict): Verdict {
  if (result.status !== 0) return fail(lastWords(result));
  const names = result.output.trim().split('\n');
  return names.includes('template1') ? judge(names) : fail('what answers is not PostgreSQL');
}

/** Shell that asks for TLS, which every PostgreSQL answers with one byte (postgresql.org, protocol-flow, SSLRequest). */
export function sslRequest({ host, port }: Endpoint): Shell {
  return sh`
    exec 6<>/dev/tcp/${host}/${port}
    printf '\0\0\0\10\4\322\26\57' >&6
    head -c 1 <&6
  `;
}

/** Judges that byte: N is without TLS, S with it. */
export function reachableVerdict(result: ProbeResult, tlsWanted: boolean): Verdict {
  if (result.output === 'S') return pass('with TLS');
  if (result.output === 'N') return tlsWanted ? fail('it has no TLS') : pass('without TLS');
  return fail(result.output ? 'what answers is not PostgreSQL' : lastWords(result));
}
