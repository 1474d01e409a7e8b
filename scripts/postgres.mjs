#!/usr/bin/env node
// Deploys PostgreSQL, which keeps the Provider's supplier keys, what the Middleman knows, and Temporal's workflows.
import {
  command,
  composeFile,
  envTemplate,
  mebibytes,
  privatePorts,
  runRole,
  settingFlags,
  sh,
  stack,
} from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const postgres = {
  name: 'postgres',
  summary:
    'PostgreSQL for Igniter and Temporal: sized from the host, with their databases and a password.',
  steps: ({ deployment, host, secrets }) => {
    const { user, memory, max_connections: connections = 100 } = deployment.profile.postgres;
    return [
      ...stack({
        name: 'postgres',
        env: envTemplate('postgres', {
          image: deployment.images.postgres,
          user,
          password: secrets.get('postgres_password').reveal(),
        }),
        publish: { postgres: privatePorts(deployment, host, 'postgres') },
        files: [
          { path: 'config/postgresql.conf', content: composeFile('postgres/postgresql.conf') },
          { path: 'config/memory.conf', content: sizes(memory, isShared(host), connections) },
        ],
      }),
      password(user),
      databases(user, databasesOf(deployment)),
    ];
  },
};

/**
 * The databases of everybody who keeps something here.
 * @param {import('../lib/deployment.ts').Deployment} deployment
 */
function databasesOf(deployment) {
  const middleman = deployment.group('middleman_hosts').length > 0;
  return ['provider', ...(middleman ? ['middleman'] : []), 'temporal'];
}

/**
 * The number of connections, and the settings that follow from memory: of the profile's amount, else of the host's, of
 * which PostgreSQL is tuned for half when other stacks run beside it. The host's is rounded to 256 MiB, since it differs
 * a little from boot to boot. A quarter is the server's own cache; at most 4 GB, which is what upstream gives it on a
 * host of 16. Another quarter is for the work of all connections together.
 * Source: igniter, docker-compose/dependencies/postgresql/postgresql.conf, v0.9.
 * @param {string | undefined} given such as 512mb or 4gb
 * @param {boolean} shared
 * @param {number} connections
 */
function sizes(given, shared, connections) {
  const megabytes = given === undefined ? 0 : mebibytes(given);
  return sh`
    awk -v given=${megabytes} -v share=${shared ? 2 : 1} -v connections=${connections} '
      function within(least, value, most) { return value < least ? least : value > most ? most : int(value) }
      /^MemTotal:/ {
        m = given ? given : int($2 / 1024 / 256 + 0.5) * 256 / share
        print "max_connections = " connections
        print "shared_buffers = " within(128, m / 4, 4096) "MB"
        print "effective_cache_size = " within(256, m * 3 / 4, 65536) "MB"
        print "maintenance_work_mem = " within(64, m / 16, 1024) "MB"
        print "work_mem = " within(4, m / 4 / connections, 20) "MB"
      }' /proc/meminfo`;
}

/** @param {import('../lib/deployment.ts').Host} host */
function isShared(host) {
  return host.roles.some((role) =>
    ['redis', 'temporal', 'provider', 'middleman', 'relayminer'].includes(role),
  );
}

/**
 * Makes the user's password the one of the `.env`: the image itself does so only for an empty volume. It is tried at the
 * container's own address, since the image trusts loopback, and changed over the socket, which it trusts as well.
 * The container has the password in its environment, so it stands in no argument and in no other file.
 * @param {string} user
 */
function password(user) {
  return command({
    title: `Set the password of the PostgreSQL user ${user}`,
    unless: sh`
      docker compose --project-directory /opt/pocket/postgres exec -T postgres sh -c '
        PGPASSWORD=$POSTGRES_PASSWORD exec psql -X -h "$(hostname)" -U "$POSTGRES_USER" -d postgres -c "SELECT 1"'`,
    run: sh`
      ${psql(user)} <<'SQL'
      SET log_statement = 'none';
      SET log_min_duration_statement = -1;
      SET log_min_error_statement = 'panic';
      \getenv password POSTGRES_PASSWORD
      ALTER ROLE CURRENT_USER PASSWORD :'password';
      SQL`,
  });
}

/**
 * Creates the databases that are missing. The session that creates them is the one that asks: where nobody can ask,
 * nothing is created, and the step fails with psql's own words. (The image's init scripts see an empty volume only.)
 * @param {string} user
 * @param {string[]} names
 */
function databases(user, names) {
  const session = sh`${psql(user)} -At -v names=${names.join(' ')}`;
  return command({
    title: `Create the databases ${names.join(', ')}`,
    unless: sh`
      there=$(${session} <<'SQL'
      SELECT count(*) FROM pg_database WHERE datname = ANY (string_to_array(:'names', ' '))
      SQL
      )
      [[ $there == ${names.length} ]]`,
    run: sh`
      ${session} <<'SQL'
      SELECT format('CREATE DATABASE %I', name) FROM unnest(string_to_array(:'names', ' ')) AS name
        WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
      SQL`,
  });
}

/** @param {string} user */
function psql(user) {
  return sh`docker compose --project-directory /opt/pocket/postgres exec -T postgres psql -X -v ON_ERROR_STOP=1 -U ${user} -d postgres`;
}

if (import.meta.main) {
  await runRole(postgres, {
    others: [images],
    flags: settingFlags({
      'postgres.user': 'NAME',
      'postgres.memory': 'SIZE',
      'postgres.max_connections': 'NUMBER',
      'images.postgres': 'IMAGE',
    }),
  });
}
