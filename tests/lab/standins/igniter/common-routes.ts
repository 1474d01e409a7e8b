import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { type Context, isBootstrapped } from './context.ts';
import { HttpError, sendEmpty, sendJson, sendPage } from './http.ts';

/** Answers one request. */
export type Route = (
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) => Promise<void> | void;

/** What an application serves: routes by exact path and method, and by what a path begins with. */
export interface Routes {
  exact: Record<string, Record<string, Route>>;
  prefixes: readonly [string, Record<string, Route>][];
  /** Pages for whoever is signed in: everybody else is sent to the start page. */
  signedIn: readonly string[];
}

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

/** Auth.js as far as it answers somebody who does not sign in. */
export const auth: Route = ({ environment }, _request, response, url) => {
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

/** What both applications serve, at the same paths. */
export const COMMON: Routes['exact'] = {
  '/api/health': { GET: health },
  '/api/bootstrap': { GET: bootstrap },
};

/** Answers one request as an application with these routes would, signed out. */
export async function answer(
  routes: Routes,
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const path = url.pathname;
  if (routes.signedIn.some((page) => path === page || path.startsWith(`${page}/`))) {
    return context.environment.AUTH_SECRET
      ? sendEmpty(response, 307, { location: '/' })
      : sendPage(response, 500, 'Internal Server Error');
  }
  const methods =
    routes.exact[path] ?? routes.prefixes.find(([prefix]) => path.startsWith(prefix))?.[1];
  if (!methods) return sendPage(response, 404, '404: This page could not be found.');
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const handler = methods[method];
  if (!handler) return sendEmpty(response, 405);
  try {
    await handler(context, request, response, url);
  } catch (error) {
    if (!(error instanceof HttpError))
      context.log('error', 'Request failed', { path, error: inspect(error) });
    const [code, message] =
      error instanceof HttpError ? [error.status, error.message] : [500, 'Invalid request'];
    sendJson(response, code, { error: message });
  }
}
