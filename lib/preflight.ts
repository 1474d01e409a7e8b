import type { Connection } from './connection.ts';
import type { Part } from './deploy.ts';
import type { Deployment, Host } from './deployment.ts';

/** TEMPORARY */
export async function preflight(
  _connection: Connection,
  _host: Host,
  _deployment: Deployment,
  _parts: readonly Part[],
): Promise<string[]> {
  return [];
}
