import { PORTS } from '../ports.ts';
import { type Shell, sh } from '../shell.ts';
import type { Check } from '../validation/check.ts';
import { mend, rerun, restart } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';
import { managedPostgresChecks, reachableVerdict, sslRequest } from './managed-postgres.ts';
import { postgresQuery } from './postgres-query.ts';
import { postgresStateChecks } from './postgres-state.ts';

/** PostgreSQL, asked over TCP: ours on its own host, a managed one from the hosts that use it. */
export function postgresChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  if (deployment.profile.postgres.mode === 'external') return managedPostgresChecks(context);
  if (!isIn(context, 'postgres_hosts')) return [];
  const { user } = deployment.profile.postgres;
  const fix = mend(deployment, host, 'postgres');
  const login = (password: Shell) =>
    postgresQuery(user, password, {
      database: 'postgres',
      statement: 'SELECT datname FROM pg_database',
    });
  const databases = login(sh`"$postgres_password"`);
  const has = (database: string): Check => ({
    id: `postgres.database-${database}`,
    group: 'postgres',
    severity: 'critical',
    title: `The database ${database} exists`,
    host,
    probe: databases,
    secrets: ['postgres_password'],
    fix,
    judge: (result) => {
      if (result.status !== 0) return fail(lastWords(result));
      const names = result.output.trim().split('\n');
      if (names.includes(database)) return pass('it exists');
      return fail(
        `there are ${names.join(', ')}`,
        `restore it from its backup; else ${rerun(deployment, 'postgres', host)} makes an empty one`,
      );
    },
  });
  return [
    {
      id: 'postgres.reachable',
      group: 'postgres',
      severity: 'critical',
      title: 'PostgreSQL answers at its port',
      host,
      probe: sslRequest({ host: '127.0.0.1', port: PORTS.postgres.port }),
      fix,
      judge: (result) => reachableVerdict(result, false),
    },
    {
      id: 'postgres.login',
      group: 'postgres',
      severity: 'critical',
      title: `${user} logs in with the password in use`,
      host,
      probe: databases,
      secrets: ['postgres_password'],
      fix,
      judge: (result) =>
        result.status === 0 ? pass('logged in over TCP') : fail(lastWords(result)),
    },
    {
      id: 'postgres.password',
      group: 'postgres',
      severity: 'critical',
      title: 'PostgreSQL refuses a wrong password',
      host,
      probe: login(sh`not-the-password`),
      fix,
      judge: (result) => {
        // The image writes pg_hba.conf when its volume is empty, and never again.
        if (result.status === 0)
          return fail(
            'any password is accepted over TCP',
            `take the lines with trust for others than loopback out of pg_hba.conf in its data, then: ${restart(deployment, host, 'postgres')}`,
          );
        return /password authentication failed/.test(result.errors)
          ? pass('refused')
          : fail(lastWords(result));
      },
    },
    has('provider'),
    ...(deployment.group('middleman_hosts').length > 0 ? [has('middleman')] : []),
    has('temporal'),
    ...postgresStateChecks(context),
  ];
}
