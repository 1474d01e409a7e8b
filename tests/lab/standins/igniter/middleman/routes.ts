import { auth, COMMON, type Route, type Routes } from '../common-routes.ts';
import { sendEmpty, sendJson, sendPage } from '../http.ts';
import { providerRpc } from './provider-rpc.ts';

/**
 * A sign-in. The application asks itself at its public URL whether it is bootstrapped, and takes no answer for a no
 * (pokt-network/igniter, apps/middleman/src/auth.ts, v0.9). No signature is ever accepted here, so nobody gets further.
 */
const signIn: Route = async (context, request, response, url) => {
  const { AUTH_SECRET, AUTH_URL } = context.environment;
  if (!AUTH_SECRET) return auth(context, request, response, url);
  const bootstrapped = await fetch(`${AUTH_URL}/api/bootstrap`, {
    signal: AbortSignal.timeout(5000),
  })
    .then(async (answer) => ((await answer.json()) as { isBootstrapped?: boolean }).isBootstrapped)
    .catch((error) => {
      context.log('warning', 'Failed to ask for the bootstrap state', { error: String(error) });
      return false;
    });
  const reason = bootstrapped ? 'CredentialsSignin' : 'AccessDenied';
  context.log('info', 'Sign-in refused', { reason });
  sendEmpty(response, 302, { location: `${AUTH_URL}/auth/error?error=${reason}` });
};

const page =
  (title: string): Route =>
  (_context, _request, response) =>
    sendPage(response, 200, title);

/** The Middleman's surface, v0.9. */
export const ROUTES: Routes = {
  exact: {
    ...COMMON,
    '/': { GET: page('Igniter Middleman') },
    '/about': { GET: page('About') },
    '/documentation': { GET: page('Documentation') },
    '/providers': { GET: page('Providers') },
    '/api/provider-rpc': {
      POST: async (context, request, response) =>
        sendJson(response, 200, await providerRpc(context, request)),
    },
    '/api/auth/callback/siwp': { POST: signIn },
  },
  prefixes: [['/api/auth/', { GET: auth, POST: auth }]],
  signedIn: ['/app', '/admin'],
};
