import pg from 'pg';

const PG_SSL = { disable: false, require: true, 'no-verify': { rejectUnauthorized: false } };

function number(value: string | undefined, fallback: number): number {
  return value && Number.isFinite(Number(value)) ? Number(value) : fallback;
}

/**
 * The pool of web and worker. A `sslmode` in the URL wins; without one PG_SSL_MODE decides, and its
 * default no-verify asks for TLS, which a server without TLS refuses (pokt-network/igniter,
 * packages/db/src/connection.ts).
 */
export function createPool(environment: NodeJS.ProcessEnv): pg.Pool {
  const url = environment.DATABASE_URL;
  if (!url) throw new Error('DATABASE_URL is not set');
  const mode = (environment.PG_SSL_MODE || 'no-verify') as keyof typeof PG_SSL;
  if (!Object.hasOwn(PG_SSL, mode))
    throw new Error(`PG_SSL_MODE must be one of ${Object.keys(PG_SSL).join(', ')}`);
  const pool = new pg.Pool({
    connectionString: url,
    ...(!/[?&]sslmode=/.test(url) && { ssl: PG_SSL[mode] }),
    max: number(environment.PG_POOL_MAX, 10),
    min: number(environment.PG_POOL_MIN, 0),
    idleTimeoutMillis: number(environment.PG_POOL_IDLE_TIMEOUT_MS, 30_000),
    connectionTimeoutMillis: number(environment.PG_POOL_CONN_TIMEOUT_MS, 5000),
  });
  pool.on('error', () => undefined);
  return pool;
}

/** Runs `work` in one transaction, rolled back when it throws. */
export async function transaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
