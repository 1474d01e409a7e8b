import type { Deployment, Host } from './deployment.ts';
import { sslMode } from './endpoints.ts';
import { type Shell, sh } from './shell.ts';

/** What libpq calls the modes of `postgres.sslmode`; `system` are the public authorities (libpq 16 and newer). */
const LIBPQ = {
  'verify-full': ['PGSSLMODE=verify-full', 'PGSSLROOTCERT=system'],
  'no-verify': ['PGSSLMODE=require'],
  disable: ['PGSSLMODE=disable'],
} as const;

/**
 * Shell that runs one statement on the PostgreSQL of a deployment, as the containers of a host reach it, and prints what it
 * answers without decoration. It reads the password from standard input, so that it stands in no argument, and runs in
 * a container of the PostgreSQL image that is gone afterwards.
 */
export function postgresClient(
  deployment: Deployment,
  host: Host,
  { database, statement }: { database: string; statement: string },
): Shell {
  const words = ['--no-psqlrc', '--tuples-only', '--no-align', '--command', statement];
  return client(deployment, host, database, ['psql', ...words]);
}

/**
 * The same that prints a whole database, in the form that `pg_restore` reads. A table that somebody has locked is waited
 * for no longer than a minute.
 */
export function postgresDump(deployment: Deployment, host: Host, database: string): Shell {
  return client(deployment, host, database, [
    'pg_dump',
    '--format=custom',
    '--lock-wait-timeout=60s',
  ]);
}

function client(
  deployment: Deployment,
  host: Host,
  database: string,
  program: readonly string[],
): Shell {
  const { host: server, port } = deployment.endpoint('postgres', host);
  const environment = ['PGCONNECT_TIMEOUT=10', ...LIBPQ[sslMode(deployment.profile)]];
  return sh`
    docker run --rm --interactive --pull never --network pocket ${environment.flatMap((one) => ['--env', one])} \
      --entrypoint sh ${deployment.images.postgres} -c 'IFS= read -r PGPASSWORD && export PGPASSWORD && exec "$@"' client \
      ${program} --no-password --host ${server} --port ${port} --username ${deployment.profile.postgres.user} \
      --dbname ${database}`;
}
