import type { IncomingMessage } from 'node:http';
import { type Context, readSettings, type Settings } from './context.ts';
import { HttpError, readBody } from './http.ts';
import { isSignedBy } from './identity.ts';

/** A request that a known Middleman signed. */
export interface SignedRequest {
  delegator: string;
  body: Record<string, unknown>;
  query: URLSearchParams;
  settings: Settings;
}

/**
 * Lets a Middleman's request through, or throws HttpError: 500 without database or with a malformed
 * APP_IDENTITY, 403 before bootstrap, 400 without identity, 403 for a delegator that is unknown or
 * disabled, 400 for a body that is not an object or a signature that does not match (pokt-network/igniter,
 * apps/provider/src/lib/utils, v0.9). The signature is over the re-serialized JSON.
 */
export async function readSigned(
  context: Context,
  request: IncomingMessage,
  url: URL,
): Promise<SignedRequest> {
  let settings: Settings;
  try {
    settings = await readSettings(context);
  } catch (error) {
    context.log('error', 'Failed to read the application settings', { error: String(error) });
    throw new HttpError(500, 'Invalid request');
  }
  if (!settings.isBootstrapped) {
    throw new HttpError(403, 'Forbidden. Application is not ready for requests.');
  }
  const delegator = String(request.headers['x-middleman-identity'] ?? '');
  if (delegator === '') throw new HttpError(400, 'Invalid request. Missing identity header.');
  const known = await context
    .database()
    .query('SELECT 1 FROM delegators WHERE identity = $1 AND enabled', [delegator]);
  if (known.rowCount === 0) throw new HttpError(403, 'Forbidden. Unknown delegator.');
  let body: unknown;
  try {
    body = JSON.parse(await readBody(request));
  } catch {
    throw new HttpError(400, 'Invalid request. Malformed body.');
  }
  const signature = String(request.headers['x-middleman-signature'] ?? '');
  if (
    typeof body !== 'object' ||
    body === null ||
    !isSignedBy(delegator, signature, JSON.stringify(body))
  ) {
    throw new HttpError(400, 'Invalid request. Invalid signature.');
  }
  return { delegator, body: body as Record<string, unknown>, query: url.searchParams, settings };
}

/** A list of strings in the body. Throws HttpError 400 when it is missing or empty. */
export function requiredList(body: Record<string, unknown>, key: string): string[] {
  const value = body[key];
  if (
    !Array.isArray(value) ||
    value.length === 0 ||
    !value.every((one) => typeof one === 'string')
  ) {
    throw new HttpError(400, `Invalid request. ${key} is required.`);
  }
  return value;
}
