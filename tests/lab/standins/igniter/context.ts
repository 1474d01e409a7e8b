import type pg from 'pg';
import { publicKeyOf } from './identity.ts';
import type { Log } from './log.ts';

/** What every route of the web stand-in needs. */
export interface Context {
  environment: NodeJS.ProcessEnv;
  log: Log;
  /** The pool; throws when DATABASE_URL is missing, which the real process survives as well. */
  database(): pg.Pool;
}

/** The settings row, as far as routes and wizard use it. */
export interface Settings {
  appIdentity: string;
  isBootstrapped: boolean;
  chainId: string | null;
  minimumStake: number | null;
  pocketApiUrl: string | null;
  rewardAddresses: string[] | null;
}

/**
 * Reads the settings, creating the row at first use. Throws when the database is away or not
 * migrated, and, as every settings read does, when APP_IDENTITY is malformed.
 */
export async function readSettings(context: Context): Promise<Settings> {
  const { APP_IDENTITY, OWNER_IDENTITY, OWNER_EMAIL } = context.environment;
  const appIdentity = publicKeyOf(APP_IDENTITY ?? '');
  await context
    .database()
    .query(
      'INSERT INTO application_settings (id, "appIdentity", "ownerIdentity", "ownerEmail") VALUES (1, $1, $2, $3) ON CONFLICT DO NOTHING',
      [appIdentity, OWNER_IDENTITY, OWNER_EMAIL],
    );
  const { rows } = await context.database().query<Settings>('SELECT * FROM application_settings');
  return rows[0] as Settings;
}

/** Whether the wizard is finished; reads the flag alone. */
export async function isBootstrapped(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query('SELECT "isBootstrapped" FROM application_settings');
  return rows[0]?.isBootstrapped ?? false;
}
