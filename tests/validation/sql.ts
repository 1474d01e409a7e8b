import { shell } from './acts.ts';
import type { Act } from './breakage.ts';

/**
 * Statements for a database of the PostgreSQL on the first host, from within its container, where nobody is asked for a
 * password.
 */
export function sql(database: string, ...statements: string[]): Act {
  return sqlOn(undefined, database, ...statements);
}

/** The same on a host by its name. */
export function sqlOn(host: string | undefined, database: string, ...statements: string[]): Act {
  const words = statements.map((statement) => `-c "${statement.replaceAll('"', '\\"')}"`);
  return shell(
    `docker exec pocket-postgres-postgres-1 sh -c 'psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$0" "$@"' ${database} ${words.join(' ')}`,
    host,
  );
}

/** Ends every connection to a database. */
export function disconnected(database: string): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND pid <> pg_backend_pid()`;
}
