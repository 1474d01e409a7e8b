import { auth, COMMON, type Route, type Routes } from './common-routes.ts';
import { type Context, readSettings } from './context.ts';
import { HttpError, readBody, sendJson, sendPage } from './http.ts';
import { publicKeyOf } from './identity.ts';
import { importStatus, requestImport, submitImport } from './import-suppliers.ts';
import { readSigned, type SignedRequest } from './signed.ts';
import { status } from './status.ts';
import { addressGroups, allocate, transition } from './suppliers.ts';

const identity: Route = ({ environment }, _request, response) => {
  const headers = { 'cache-control': 'no-store', 'access-control-allow-origin': '*' };
  try {
    sendJson(response, 200, { identity: publicKeyOf(environment.APP_IDENTITY ?? '') }, headers);
  } catch {
    sendJson(response, 500, { error: 'Identity unavailable' }, headers);
  }
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

/** The Provider's surface, v0.9. */
export const ROUTES: Routes = {
  exact: {
    ...COMMON,
    '/': { GET: (_context, _request, response) => sendPage(response, 200, 'Igniter Provider') },
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
  },
  prefixes: [
    ['/api/auth/', { GET: auth, POST: auth }],
    ['/api/rpc/', { GET: rpc, POST: rpc }],
  ],
  signedIn: ['/admin'],
};
