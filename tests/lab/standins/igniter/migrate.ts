/**
 * Stand-in for `drizzle-kit migrate` of an Igniter application: applies the journal's files in order
 * and keeps drizzle's ledger (pokt-network/igniter, apps/{provider,middleman}/drizzle, v0.9).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';

const APPLICATION = process.env.SERVICE_NAME || 'provider';
const FOLDER = new URL(`./image/apps/${APPLICATION}/drizzle/`, import.meta.url);

interface Entry {
  tag: string;
  when: number;
}

const read = (path: string) => readFileSync(new URL(path, FOLDER), 'utf8');

async function apply(client: pg.Client, entry: Entry): Promise<void> {
  const sql = read(`${entry.tag}.sql`);
  for (const statement of sql.split('--> statement-breakpoint')) await client.query(statement);
  const hash = createHash('sha256').update(sql).digest('hex');
  await client.query(
    'INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)',
    [hash, entry.when],
  );
}

async function migrate(url: string): Promise<void> {
  // Only the URL decides about TLS here: without sslmode there is none, unlike in web and worker.
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    await client.query('CREATE SCHEMA IF NOT EXISTS drizzle');
    await client.query(
      'CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)',
    );
    await client.query('BEGIN');
    const { rows } = await client.query(
      'SELECT max(created_at) AS last FROM drizzle.__drizzle_migrations',
    );
    const { entries } = JSON.parse(read('meta/_journal.json')) as { entries: Entry[] };
    for (const entry of entries) {
      if (entry.when > Number(rows[0].last ?? 0)) await apply(client, entry);
    }
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

console.log(`[stand-in ${APPLICATION}-migration] Using the pg driver for database querying`);
if (!process.env.DATABASE_URL) {
  console.error(
    'Error  Please provide required params for Postgres driver:\n    [x] url: undefined',
  );
  process.exit(1);
}
try {
  await migrate(process.env.DATABASE_URL);
  console.log('[✓] migrations applied successfully!');
} catch (error) {
  console.error(error);
  process.exit(1);
}
