import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Where auto-setup finds PostgreSQL. */
export interface Target {
  host: string;
  port: number;
  user: string;
  password: string;
  /** TLS as the tools speak it that set up the tables. */
  ssl: Ssl;
  /** TLS as the server itself speaks it, which has variables of its own. */
  serverSsl: Ssl;
  /** Whether databases are created; else they have to be there. */
  createsDatabases: boolean;
}

type Ssl = false | { rejectUnauthorized: boolean };

/** Something that auto-setup cannot get past: the process prints it and exits with status 1. */
export class SetupError extends Error {}

const CONNECTION_CODES = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  '57P03',
];

/**
 * Reads auto-setup's variables (temporalio/docker-builds, docker/auto-setup.sh, 1.28). The real
 * image takes other drivers too; the stand-in knows PostgreSQL through pgx and says so.
 */
export function target(environment: NodeJS.ProcessEnv): Target {
  const driver = environment.DB || 'cassandra';
  if (['cassandra', 'mysql8', 'postgres12'].includes(driver)) {
    throw new SetupError(`The stand-in supports DB=postgres12_pgx only, not '${driver}'.`);
  }
  if (driver !== 'postgres12_pgx') {
    throw new SetupError(
      `Unsupported driver specified: 'DB=${driver}'. Valid drivers are: mysql8, postgres12, postgres12_pgx, cassandra.`,
    );
  }
  if (!environment.POSTGRES_SEEDS)
    throw new SetupError(`POSTGRES_SEEDS env must be set if DB is ${driver}.`);
  return {
    host: environment.POSTGRES_SEEDS.split(',')[0] as string,
    port: Number(environment.DB_PORT || 5432),
    user: environment.POSTGRES_USER ?? '',
    password: environment.POSTGRES_PWD ?? '',
    ssl: environment.POSTGRES_TLS_ENABLED === 'true' && {
      rejectUnauthorized: environment.POSTGRES_TLS_DISABLE_HOST_VERIFICATION !== 'true',
    },
    serverSsl: environment.SQL_TLS_ENABLED === 'true' && {
      rejectUnauthorized: environment.SQL_HOST_VERIFICATION === 'true',
    },
    createsDatabases: environment.SKIP_DB_CREATE !== 'true',
  };
}

/** What a client of the database is given. */
function clientOf({ host, port, user, password }: Target, ssl: Ssl, database: string) {
  return { host, port, user, password, ssl, database, connectionTimeoutMillis: 3000 };
}

async function withClient<T>(
  target: Target,
  database: string,
  use: (client: pg.Client) => Promise<T>,
) {
  const client = new pg.Client(clientOf(target, target.ssl, database));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Waits for PostgreSQL, one try a second. Throws SetupError after `attempts`, or at once when the login is refused. */
export async function waitForPostgres(
  target: Target,
  attempts: number,
  log: (line: string) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await withClient(target, 'postgres', (client) => client.query('SELECT 1'));
      return log('PostgreSQL started.');
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      const unreachable = CONNECTION_CODES.includes(code ?? '') || message.includes('timeout');
      if (!unreachable) throw new SetupError(`PostgreSQL refused ${target.user}: ${message}`);
      if (attempt >= attempts) {
        throw new SetupError(
          `PostgreSQL at ${target.host}:${target.port} not reachable: ${code ?? message}`,
        );
      }
    }
    log('Waiting for PostgreSQL to startup.');
    await sleep(1000);
  }
}

const VERSION_TABLE = `CREATE TABLE IF NOT EXISTS schema_version (
  version_partition integer NOT NULL,
  db_name varchar(255) NOT NULL,
  creation_time timestamp,
  curr_version varchar(64),
  min_compatible_version varchar(64),
  PRIMARY KEY (version_partition, db_name))`;

const STATE_TABLES = `
CREATE TABLE IF NOT EXISTS standin_namespaces (
  id uuid PRIMARY KEY, name text UNIQUE NOT NULL, description text NOT NULL,
  owner_email text NOT NULL, retention_seconds integer NOT NULL);
CREATE TABLE IF NOT EXISTS standin_schedules (
  namespace text NOT NULL, id text NOT NULL, workflow_type text NOT NULL,
  task_queue text NOT NULL, interval_seconds integer NOT NULL, PRIMARY KEY (namespace, id))`;

async function setUpDatabase(target: Target, name: string): Promise<void> {
  if (target.createsDatabases) {
    await withClient(target, 'postgres', async (client) => {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [
        name,
      ]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    });
  }
  await withClient(target, name, async (client) => {
    await client.query(VERSION_TABLE);
    await client.query(
      // An older one is brought up to date, as `temporal-sql-tool update-schema` does.
      `INSERT INTO schema_version VALUES (0, $1, now(), '1.0', '1.0')
        ON CONFLICT (version_partition, db_name) DO UPDATE SET curr_version = '1.0'
        WHERE schema_version.curr_version < '1.0'`,
      [name],
    );
  });
}

/** Creates the tables, and the databases unless they are there, then returns a pool on `temporal`. */
export async function setUpSchema(target: Target): Promise<pg.Pool> {
  await setUpDatabase(target, 'temporal');
  await setUpDatabase(target, 'temporal_visibility');
  await withClient(target, 'temporal', (client) => client.query(STATE_TABLES));
  // The server keeps its connections: one made anew for a request would be one more thing that can be late.
  const pool = new pg.Pool({
    ...clientOf(target, target.serverSsl, 'temporal'),
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
  });
  pool.on('error', () => undefined);
  return pool;
}
