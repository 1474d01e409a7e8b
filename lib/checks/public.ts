import { hostPort } from '../endpoints.ts';
import { PORTS } from '../ports.ts';
import { type HttpAnswer, type HttpRequest, httpProbe, httpVerdict } from '../probes/http.ts';
import { type Site, sitesOf, tlsOf } from '../proxy/sites.ts';
import { OUT_OF_SERVICE } from '../proxy/upstreams.ts';
import { publicKey } from '../secrets/secrets.ts';
import { sh } from '../shell.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { mend, rerun } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, skip } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/**
 * What must not be forwarded: readiness prints the addresses of backends, also on the port of the relays
 * (pocket-relay-miner, relayer/proxy.go, v0.1.x).
 */
const BLOCKED = ['/ready', '/ready/x', '/health', '/healthz', '/metrics'];

/** What the host of a proxy says of a relayer that gets no relays from it. */
const OUT = 'out of service';

/**
 * What else of the Provider Middlemen use, by path; `newer` ones an older Provider does not have. All of them refuse who
 * has not signed before they do anything (igniter, apps/provider/src/lib/utils/routes.ts and src/app/api, 0.9).
 */
const ALLOWED: readonly (readonly [path: string, since?: 'newer'])[] = [
  ['/api/suppliers'],
  ['/api/suppliers/stake'],
  ['/api/suppliers/unstaking'],
  ['/api/suppliers/release'],
  ['/api/suppliers/address-groups', 'newer'],
  ['/api/import-suppliers/request', 'newer'],
  ['/api/import-suppliers/submit', 'newer'],
  ['/api/import-suppliers/status', 'newer'],
];

/** What of the Provider must not be public, by method and path, and what would be taken for it by a lax proxy. */
const REFUSED: readonly [id: string, request: Partial<HttpRequest> & { path: string }][] = [
  ['root', { path: '/' }],
  ['admin', { path: '/admin' }],
  ['session', { path: '/api/auth/session' }],
  ['health', { path: '/api/health' }],
  ['bootstrap', { path: '/api/bootstrap' }],
  ['rpc', { path: '/api/rpc/cosmos/base/tendermint/v1beta1/node_info' }],
  ['method', { path: '/api/status' }],
  ['slash', { path: '/api/status/', method: 'POST' }],
  ['double-slash', { path: '//api/status', method: 'POST' }],
  ['case', { path: '/API/status', method: 'POST' }],
  ['encoded', { path: '/api/%73tatus', method: 'POST' }],
  ['action', { path: '/api/status', method: 'POST', headers: { 'Next-Action': 'x' } }],
];

/** The public side, asked on the proxy's own host: its names are taken to be here. */
export function publicChecks(context: CheckContext): Check[] {
  if (!isIn(context, 'reverse_proxy_hosts')) return [];
  return sitesOf(context.deployment.profile).flatMap((site) => [
    ...CHECKS_OF[site.domain](context, site),
    check(context, site, {
      id: `public.redirect-${site.file.replace('.caddy', '')}`,
      title: `http://${site.name} leads to https`,
      request: { path: '/', plain: true, include: true },
      judge: (answer) => redirectVerdict(answer, site.name),
    }),
  ]);
}

const CHECKS_OF: Record<Site['domain'], (context: CheckContext, site: Site) => Check[]> = {
  relay_public_domain: relayChecks,
  provider_public_api_domain: apiChecks,
  provider_domain: (context, site) => [
    check(context, site, {
      id: 'public.portal',
      title: `The portal at ${site.name} is not for everybody`,
      request: { path: '/admin' },
      judge: portalVerdict,
    }),
  ],
  middleman_domain: (context, site) => [
    check(context, site, {
      id: 'public.middleman',
      title: `The Middleman answers at ${site.name}, and browsers are told to stay with https`,
      request: { path: '/api/health', include: true },
      judge: middlemanVerdict,
    }),
  ],
  grafana_domain: (context, site) => [
    check(context, site, {
      id: 'public.grafana',
      title: `Grafana at ${site.name} asks for authentication`,
      request: { path: '/api/org' },
      judge: (answer) => ({
        ...grafanaVerdict(answer),
        // Who is let in without a session is let in by Grafana itself, whatever the proxy does.
        ...(answer.status === 200 && {
          fix: mend(context.deployment, context.deployment.group('monitoring_hosts'), 'grafana'),
        }),
      }),
    }),
    check(context, site, {
      id: 'public.blocked-grafana-metrics',
      title: 'Grafana’s own metrics are not public',
      request: { path: '/metrics' },
      judge: blockedVerdict,
    }),
  ],
};

function relayChecks(context: CheckContext, site: Site): Check[] {
  const { deployment, host } = context;
  return [
    check(context, site, {
      id: 'public.relay',
      title: `A relay to ${site.name} arrives at a relayer`,
      request: { path: '/', method: 'POST', body: 'not a relay' },
      judge: relayVerdict,
    }),
    ...BLOCKED.map((path) =>
      check(context, site, {
        id: `public.blocked${path.replaceAll('/', '-')}`,
        title: `${path} is not public`,
        request: { path },
        judge: blockedVerdict,
      }),
    ),
    ...deployment.group('relay_relayers').map((relayer, index): Check => {
      const endpoint = deployment.endpointsOf('relayer-health', host)[index]!;
      const url = `http://${hostPort(endpoint)}/ready`;
      const out = `${OUT_OF_SERVICE}/${deployment.relayUpstreams(host)[index]}`;
      return {
        id: `public.relayer-${relayer.name}`,
        group: 'public',
        severity: 'critical',
        title: `The proxy sends relays to the relayer on ${relayer.name}`,
        host,
        probe: sh`
          [[ ! -e ${out} ]] || { echo ${OUT}; exit; }
          id=$(container reverse-proxy caddy)
          docker exec "$id" sh -c 'wget -qO- -T 5 "$1" || curl -fsS -m 5 "$1"' sh ${url} 2>&1`,
        fix: `${rerun(deployment, 'relayminer', relayer)}; else: whether ${host.name} reaches ${endpoint.host}:${endpoint.port}, by addresses of hosts in the profile and their firewalls`,
        judge: (result) => {
          if (result.output.trim() === OUT)
            return fail(
              `out of service: ${out} is there`,
              rerun(deployment, 'reverse-proxy', host),
            );
          if (result.status === 0) return pass(url);
          // Without a word of wget or curl, the proxy itself could not be asked.
          const said = excerpt(result.output);
          return said === ''
            ? fail(`${url}: ${lastWords(result)}`, mend(deployment, host, 'caddy'))
            : fail(`${url}: ${said}`);
        },
      };
    }),
  ];
}

function apiChecks(context: CheckContext, site: Site): Check[] {
  const expected = publicKey(context.secrets.get('app_identity').reveal());
  return [
    check(context, site, {
      id: 'public.api',
      title: `Middlemen reach the Provider’s API at ${site.name}`,
      request: {
        path: '/api/status',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      },
      judge: apiVerdict,
    }),
    check(context, site, {
      id: 'public.api-identity',
      title: `The Provider’s identity is public at ${site.name}`,
      request: { path: '/api/identity' },
      judge: (answer) => identityVerdict(answer, expected),
    }),
    ...ALLOWED.map(([path, since]) =>
      check(context, site, {
        id: `public.api-allows${path.replace('/api', '').replaceAll('/', '-')}`,
        title: `Middlemen reach POST ${path} at ${site.name}`,
        request: { path, method: 'POST' },
        judge: (answer) =>
          since === 'newer' && answer.status === 404 && answer.body.trim() !== ''
            ? skip('this version of the Provider does not have it')
            : apiVerdict(answer),
      }),
    ),
    ...REFUSED.map(([id, { path, method = 'GET', headers = {} }]) =>
      check(context, site, {
        id: `public.api-refuses-${id}`,
        title: `${[method, path, ...Object.keys(headers).map((name) => `with ${name}`)].join(' ')} is not public`,
        request: { path, method, headers },
        judge: refusedVerdict,
      }),
    ),
  ];
}

/** A question to a site over its public name. */
interface Question {
  id: string;
  title: string;
  request: Partial<HttpRequest> & { path: string; plain?: boolean };
  judge: (answer: HttpAnswer) => Verdict;
}

function check({ deployment, host }: CheckContext, site: Site, question: Question): Check {
  const { path, plain = false, ...request } = question.request;
  const { port } = plain ? PORTS.http : PORTS.https;
  const [scheme, usual] = plain ? ['http', 80] : ['https', 443];
  const url = `${scheme}://${site.name}${port === usual ? '' : `:${port}`}${path}`;
  const insecure = tlsOf(deployment.profile, site.name) === 'internal';
  return {
    id: question.id,
    group: 'public',
    severity: 'critical',
    title: question.title,
    host,
    probe: httpProbe({ ...request, url, connectTo: '127.0.0.1', insecure }),
    fix: mend(deployment, host, 'caddy'),
    judge: (result) => httpVerdict(result, question.judge),
  };
}

/** Judges the answer at port 80, headers included: it leads to the same name over https. */
export function redirectVerdict({ status, body }: HttpAnswer, name: string): Verdict {
  const location = /^location:[ \t]*(.*)$/im.exec(body)?.[1]?.trim() ?? '';
  const seen = `HTTP ${status}${location && ` to ${excerpt(location)}`}`;
  const to = URL.canParse(location) ? new URL(location) : undefined;
  return [301, 308].includes(status) && to?.origin === `https://${name.toLowerCase()}`
    ? pass(seen)
    : fail(`${seen}; wanted: 308 to https://${name}`);
}

/**
 * Judges the answer to a malformed relay: the relayer refuses it with 400 and an error in JSON that begins with `invalid
 * relay request` (pocket-relay-miner, relayer/proxy.go, v0.1.x). The Provider’s own 400, to which a name may lead by
 * mistake, says nothing of relays.
 */
export function relayVerdict({ status, body }: HttpAnswer): Verdict {
  return status === 400 && /relay/i.test(errorOf(body) ?? '')
    ? pass('the relayer refuses a malformed one')
    : fail(`HTTP ${status} ${excerpt(body)}; wanted: 400 and the relayer’s error`);
}

/** Judges the answer at a path that the proxy keeps to itself. An answer in JSON is the relayer's, whatever its status. */
export function blockedVerdict({ status, body }: HttpAnswer): Verdict {
  return (status === 403 || status === 404) && !speaksJson(body)
    ? pass(`HTTP ${status}`)
    : fail(`HTTP ${status} ${excerpt(body)}; wanted: the proxy’s own 404`);
}

/** Judges the answer to what the API's list does not have: the proxy's has no body, and the Provider's has one. */
export function refusedVerdict({ status, body }: HttpAnswer): Verdict {
  return (status === 403 || status === 404) && body.trim() === ''
    ? pass(`HTTP ${status}`)
    : fail(`HTTP ${status} ${excerpt(body)}; wanted: the proxy’s own 404, without a body`);
}

/** Judges the answer to an unsigned question: the Provider refuses it (igniter, apps/provider/src/app/api/status, 0.9). */
export function apiVerdict({ status, body }: HttpAnswer): Verdict {
  return (status === 400 || status === 403) && speaksJson(body)
    ? pass(`${status}: the Provider wants it signed`)
    : fail(`HTTP ${status} ${excerpt(body)}; wanted: the Provider’s own 400 or 403`);
}

function identityVerdict({ status, body }: HttpAnswer, expected: string): Verdict {
  if (status === 404 && body.trim() !== '')
    return skip('this version of the Provider does not tell it');
  return status === 200 && body.includes(expected)
    ? pass(expected)
    : fail(`HTTP ${status} ${excerpt(body)}; wanted: ${expected}`);
}

/** Judges what a stranger is answered at the portal's name. */
export function portalVerdict({ status, body }: HttpAnswer): Verdict {
  return status === 401 || (status === 403 && body.trim() === '')
    ? pass(`HTTP ${status} for who is nobody in particular`)
    : fail(`HTTP ${status} ${excerpt(body)}; wanted: 401 or 403 without credentials`);
}

/** Judges the answer of the Middleman's health, headers included. */
export function middlemanVerdict({ status, body }: HttpAnswer): Verdict {
  if (status !== 200) return fail(`HTTP ${status} ${excerpt(body)}; wanted: 200`);
  return /^strict-transport-security: max-age=\d{7,}/im.test(body)
    ? pass('200, with Strict-Transport-Security')
    : fail('200, but without Strict-Transport-Security');
}

/** Judges what somebody without a session is answered by Grafana's API. */
export function grafanaVerdict({ status, body }: HttpAnswer): Verdict {
  return status === 401 ? pass('HTTP 401') : fail(`HTTP ${status} ${excerpt(body)}; wanted: 401`);
}

/** The error that an answer in JSON tells; `undefined` where it tells none. */
function errorOf(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body);
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}

function speaksJson(body: string): boolean {
  try {
    return typeof JSON.parse(body) === 'object';
  } catch {
    return false;
  }
}
