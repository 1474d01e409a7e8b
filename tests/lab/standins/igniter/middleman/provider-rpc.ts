import type { IncomingMessage } from 'node:http';
import { account, signMessage } from '../../shared/secp256k1.ts';
import { type Context, readSettings } from '../context.ts';
import { HttpError, readBody } from '../http.ts';

/**
 * `POST /api/provider-rpc`: signs `data` and sends it to `path` of a Provider that is enabled and visible. Whatever the
 * Provider answers is passed on with status 200. Throws HttpError: 400 for a request that cannot be read, 404 for a
 * Provider that is none of these, 500 when it cannot be reached. The identity that is sent is the stored one
 * (pokt-network/igniter, apps/middleman/src/app/api/provider-rpc/route.ts, v0.9).
 */
export async function providerRpc(context: Context, request: IncomingMessage): Promise<unknown> {
  const { provider, path, data } = await readRequest(request);
  const { appIdentity } = await readSettings(context);
  const { rows } = await context
    .database()
    .query('SELECT url FROM providers WHERE identity = $1 AND enabled AND visible', [provider]);
  if (rows.length === 0) throw new HttpError(404, 'Provider not found');
  const body = JSON.stringify(data);
  const { key } = account(context.environment.APP_IDENTITY ?? '');
  try {
    const answer = await fetch(rows[0].url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-middleman-identity': appIdentity,
        'x-middleman-signature': signMessage(key, Buffer.from(body)).toString('base64'),
      },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    return await answer.json();
  } catch (error) {
    context.log('error', 'Provider request failed', { provider, path, error: String(error) });
    throw new HttpError(500, 'Provider request failed');
  }
}

async function readRequest(
  request: IncomingMessage,
): Promise<{ provider: string; path: string; data: unknown }> {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(await readBody(request));
  } catch {
    throw new HttpError(400, 'Invalid request. Malformed body.');
  }
  const { provider, path, data } = body ?? {};
  if (typeof provider !== 'string' || typeof path !== 'string' || data === undefined) {
    throw new HttpError(400, 'Invalid request. provider, path and data are required.');
  }
  return { provider, path, data };
}
