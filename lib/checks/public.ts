import type { Check, Verdict } from '../check.ts';
import { logs, rerun } from '../fixes.ts';
import { PORTS } from '../ports.ts';
import { type HttpAnswer, httpProbe, httpVerdict } from '../probes/http.ts';
import { excerpt, fail, pass } from '../verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/**
 * What must not be forwarded: readiness prints the addresses of backends, also on the port of the relays
 * (pocket-relay-miner, relayer/proxy.go, v0.1.x).
 */
const BLOCKED = ['/ready', '/ready/x', '/health', '/healthz', '/metrics'];

/** The public side, asked on the proxy's own host: its name is taken to be here. */
export function publicChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const domain = deployment.profile.relay_public_domain;
  if (!isIn(context, 'reverse_proxy_hosts') || domain === undefined) return [];
  const { port } = PORTS.https;
  const base = `https://${domain}${port === 443 ? '' : `:${port}`}`;
  const insecure = deployment.profile.reverse_proxy.tls === 'internal';
  const request = (path: string) => ({ url: base + path, connectTo: '127.0.0.1', insecure });
  return [
    {
      id: 'public.relay',
      group: 'public',
      title: `A relay to ${domain} arrives at a relayer`,
      host,
      probe: httpProbe({ ...request('/'), method: 'POST', body: 'not a relay' }),
      fix: logs(deployment, host, 'reverse-proxy', 'caddy'),
      judge: (result) => httpVerdict(result, relayVerdict),
    },
    ...BLOCKED.map(
      (path): Check => ({
        id: `public.blocked${path.replaceAll('/', '-')}`,
        group: 'public',
        title: `${path} is not public`,
        host,
        probe: httpProbe(request(path)),
        fix: rerun(deployment, 'reverse-proxy', host),
        judge: (result) => httpVerdict(result, blockedVerdict),
      }),
    ),
  ];
}

/** Judges the answer to a malformed relay: the relayer refuses it with 400 and an error in JSON. */
export function relayVerdict({ status, body }: HttpAnswer): Verdict {
  return status === 400 && speaksJson(body)
    ? pass('the relayer refuses a malformed one')
    : fail(`HTTP ${status} ${excerpt(body)}; wanted: 400 and the relayer’s error`);
}

/** Judges the answer at a path that the proxy keeps to itself. An answer in JSON is the relayer's, whatever its status. */
export function blockedVerdict({ status, body }: HttpAnswer): Verdict {
  return (status === 403 || status === 404) && !speaksJson(body)
    ? pass(`HTTP ${status}`)
    : fail(`HTTP ${status} ${excerpt(body)}; wanted: the proxy’s own 404`);
}

function speaksJson(body: string): boolean {
  try {
    return typeof JSON.parse(body) === 'object';
  } catch {
    return false;
  }
}
