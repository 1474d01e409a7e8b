import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { type Context, isBootstrapped, readSettings } from './context.ts';
import { HttpError, readBody, sendEmpty, sendJson, sendPage } from './http.ts';
import { publicKeyOf } from './identity.ts';
import { importStatus, requestImport, submitImport } from './import-suppliers.ts';
import { readSigned, type SignedRequest } from './signed.ts';
import { status } from './status.ts';
import { addressGroups, allocate, transition } from './suppliers.ts';
import { wizard } from './wizard.ts';

type Route = (
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) => Promise<void> | void;

const health: Route = async (context, _request, response) => {
  let pool: ReturnType<Context['database']>;
  try {
    pool = context.database();
  } catch {
    return sendEmpty(response, 500);
  }
  try {
    await pool.query('SELECT 1');
    sendJson(response, 200, {});
  } catch (error) {
    context.log('error', 'Database connection failed', { error: String(error) });
    sendJson(response, 500, { error: 'Database connection failed' });
  }
};

const bootstrap: Route = async (context, _request, response) => {
  try {
    sendJson(response, 200, { isBootstrapped: await isBootstrapped(context.database()) });
  } catch (error) {
    context.log('error', 'Failed to read the bootstrap flag', { error: String(error) });
    sendEmpty(response, 500);
  }
};

const identity: Route = ({ environment }, _request, response) => {
  const headers = { 'cache-control': 'no-store', 'access-control-allow-origin': '*' };
  try {
    sendJson(response, 200, { identity: publicKeyOf(environment.APP_IDENTITY ?? '') }, headers);
  } catch {
    sendJson(response, 500, { error: 'Identity unavailable' }, headers);
  }
};

const auth: Route = ({ environment }, _request, response, url) => {
  if (!environment.AUTH_SECRET)
    return sendJson(response, 500, {
      message: 'There was a problem with the server configuration.',
    });
  if (url.pathname === '/api/auth/session') return sendJson(response, 200, null);
  if (url.pathname === '/api/auth/csrf')
    return sendJson(response, 200, { csrfToken: randomBytes(32).toString('hex') });
  if (url.pathname === '/api/auth/providers')
    return sendJson(response, 200, { siwp: { id: 'siwp', type: 'credentials' } });
  sendEmpty(response, 400);
};

const rpc: Route = async (context, request, response, url) => {
  const { pocketApiUrl } = await readSettings(context);
  if (!pocketApiUrl) throw new HttpError(503, 'RPC URL not configured');
  const path = url.pathname.slice('/api/rpc/'.length);
  const answer = await fetch(`${pocketApiUrl.replace(/\/$/, '')}/${path}${url.search}`, {
    method: request.method ?? 'GET',
    ...(request.method === 'POST' && { body: await readBody(request) }),
    signal: AbortSignal.timeout(10_000),
  });
  response.writeHead(answer.status, {
    'content-type': answer.headers.get('content-type') ?? 'text/plain',
  });
  response.end(await answer.text());
};

function signed(
  answer: (context: Context, request: SignedRequest) => Promise<unknown>,
  wrap: boolean,
): Route {
  return async (context, request, response, url) => {
    const result = await answer(context, await readSigned(context, request, url));
    sendJson(response, 200, wrap ? { data: result } : result);
  };
}

const preflight: Route = (_context, _request, response) => sendJson(response, 200, {});

function supplierRoute(
  answer: (context: Context, request: SignedRequest) => Promise<unknown>,
): Record<string, Route> {
  return { POST: signed(answer, true), OPTIONS: preflight };
}

const ROUTES: Record<string, Record<string, Route>> = {
  '/': { GET: (_context, _request, response) => sendPage(response, 200, 'Igniter Provider') },
  '/api/health': { GET: health },
  '/api/bootstrap': { GET: bootstrap },
  '/api/identity': { GET: identity },
  '/api/status': { POST: signed(status, false) },
  '/api/suppliers': supplierRoute(allocate),
  '/api/suppliers/release': supplierRoute(transition('delivered', 'available')),
  '/api/suppliers/stake': supplierRoute(transition('delivered', 'staked')),
  '/api/suppliers/unstaking': supplierRoute(transition('staked', 'unstaking')),
  '/api/suppliers/address-groups': supplierRoute(addressGroups),
  '/api/import-suppliers/request': supplierRoute(requestImport),
  '/api/import-suppliers/submit': supplierRoute(submitImport),
  '/api/import-suppliers/status': supplierRoute(importStatus),
};

const PREFIXES: [string, Record<string, Route>][] = [
  ['/api/auth/', { GET: auth, POST: auth }],
  ['/api/rpc/', { GET: rpc, POST: rpc }],
];

function isAdmin(path: string): boolean {
  return path === '/admin' || path.startsWith('/admin/');
}

/** Answers one request as the provider's web application would, signed out. */
export async function route(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? '/';
  if (target.startsWith('//')) {
    return sendEmpty(response, 308, { location: target.replace(/^\/+/, '/') });
  }
  const url = new URL(target, 'http://provider');
  if (url.pathname.startsWith('/standin/wizard')) return wizard(context, request, response, url);
  if (isAdmin(url.pathname)) {
    return context.environment.AUTH_SECRET
      ? sendEmpty(response, 307, { location: '/' })
      : sendPage(response, 500, 'Internal Server Error');
  }
  const methods =
    ROUTES[url.pathname] ?? PREFIXES.find(([prefix]) => url.pathname.startsWith(prefix))?.[1];
  if (!methods) return sendPage(response, 404, '404: This page could not be found.');
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const handler = methods[method];
  if (!handler) return sendEmpty(response, 405);
  try {
    await handler(context, request, response, url);
  } catch (error) {
    if (!(error instanceof HttpError))
      context.log('error', 'Request failed', { path: url.pathname, error: inspect(error) });
    const [code, message] =
      error instanceof HttpError ? [error.status, error.message] : [500, 'Invalid request'];
    sendJson(response, code, { error: message });
  }
}
