import { postgresClient } from './postgres-client.ts';
import type { RoleContext } from './role.ts';
import { sh } from './shell.ts';
import type { Step } from './step.ts';
import { command } from './steps/system.ts';

/**
 * The databases that a role needs on a managed PostgreSQL, made by the host that uses them, with the profile's user;
 * where that may not, the step fails with what an administrator has to run. None where PostgreSQL is ours: its own
 * role makes them.
 */
export function managedDatabases(context: RoleContext, ...names: string[]): Step[] {
  const { deployment, host, secrets } = context;
  const { mode, user, address } = deployment.profile.postgres;
  if (mode !== 'external') return [];
  return names.map((name) => {
    // Whoever owns a database may do both; migrations make schemas of their own beside public.
    const mayUse = postgresClient(deployment, host, {
      database: name,
      statement: `SELECT has_database_privilege(current_database(), 'CREATE') AND has_schema_privilege('public', 'CREATE')`,
    });
    const create = postgresClient(deployment, host, {
      database: 'postgres',
      statement: `CREATE DATABASE "${name}"`,
    });
    const advice = `As an administrator of the server, run one of these, and deploy again:
  CREATE DATABASE "${name}" OWNER "${user}";
  ALTER DATABASE "${name}" OWNER TO "${user}"; -- where it exists already
`;
    return {
      title: `Create the database ${name} at ${address}`,
      content: `${secrets.get('postgres_password').reveal()}\n`,
      check: sh`[[ $($content | ${mayUse}) == t ]]`,
      apply: sh`
        $content | ${create} || {
          printf %s ${advice}
          exit 1
        }`,
      timeoutSeconds: 120,
    };
  });
}

/**
 * A namespace on a managed Temporal, made by the host that uses it where it is missing. Its retention is that server's
 * own business once it exists. None where Temporal is ours: its own role makes it.
 */
export function managedNamespace({ deployment, host }: RoleContext, name: string): Step[] {
  const { mode, retention_hours: hours } = deployment.profile.temporal;
  if (mode !== 'external') return [];
  const address = deployment.temporalAddress(host);
  const run = sh`
    docker run --rm --pull never --network pocket --env ${`TEMPORAL_ADDRESS=${address}`} --entrypoint temporal \
      ${deployment.images.temporal_admin_tools} operator namespace`;
  const create = ['create', '--namespace', name, '--retention', `${hours}h`];
  return [
    command({
      title: `Create the Temporal namespace ${name} at ${address}`,
      unless: sh`${run} describe --namespace ${name}`,
      run: sh`
        ${run} ${create} || {
          printf 'Create it there, and deploy again: temporal operator namespace %s\n' ${create.join(' ')}
          exit 1
        }`,
    }),
  ];
}
