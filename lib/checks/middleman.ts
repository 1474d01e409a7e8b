import { httpProbe, httpVerdict, jsonOf } from '../probes/http.ts';
import { tlsOf } from '../proxy/sites.ts';
import { publicKey } from '../secrets/secrets.ts';
import { type Shell, sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { mend, rerun } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';
import {
  baseOf,
  bootstrapCheck,
  bootstrapVerdict,
  healthCheck,
  MIDDLEMAN,
  sessionCheck,
  workerCheck,
} from './igniter.ts';
import { migrationCheck } from './migrations.ts';
import { workflowChecks } from './workflows.ts';

const BASE = baseOf(MIDDLEMAN);

/** Igniter Middleman: the web application, its worker, and what it has to reach from inside its container. */
export function middlemanChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const migrations = migrationCheck(context, MIDDLEMAN);
  if (!isIn(context, 'middleman_hosts')) return migrations;
  const about = { group: 'middleman', severity: 'critical', host } as const;
  return [
    healthCheck(context, MIDDLEMAN),
    {
      ...about,
      id: 'middleman.relay',
      title: 'The Middleman refuses what it cannot sign',
      probe: httpProbe({
        url: `${BASE}/api/provider-rpc`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
      fix: mend(deployment, host, 'middleman-web'),
      // igniter, apps/middleman/src/app/api/provider-rpc, 0.9: 400 or 404 for a request that names no known Provider,
      // 500 when it cannot look.
      judge: (result) =>
        httpVerdict(result, ({ status, body, contentType }) => {
          const says = `HTTP ${status} ${excerpt(body)}`;
          if (!contentType.startsWith('application/json'))
            return fail(`${says}, which is not JSON`);
          return status === 400 || status === 404 ? pass(says) : fail(says);
        }),
    },
    sessionCheck(context, MIDDLEMAN),
    bootstrapCheck(context, MIDDLEMAN),
    workerCheck(context, MIDDLEMAN),
    ...workflowChecks(context, MIDDLEMAN),
    ...migrations,
    ...outward(context),
  ];
}

/**
 * What the application does itself, asked in its own container with its own Node: names, routes and certificates are
 * those that count. At a sign-in it asks itself at AUTH_URL whether it is bootstrapped, and refuses ordinary users when
 * it gets no answer (igniter, apps/middleman/src/auth.ts, 0.9).
 */
function outward({ deployment, host, secrets }: CheckContext): Check[] {
  const { middleman_domain: own, provider_public_api_domain: api } = deployment.profile;
  const about = { group: 'middleman', severity: 'critical', host, timeoutSeconds: 20 } as const;
  const untrusted = (result: ProbeResult, name: string) =>
    tlsOf(deployment.profile, name) === 'internal' ? untrustedVerdict(result) : undefined;
  const checks: Check[] = [];
  if (own !== undefined) {
    checks.push({
      ...about,
      id: 'middleman.own-url',
      title: 'The Middleman reaches itself at its public URL',
      probe: fromInside(`https://${own}/api/bootstrap`),
      fix: `the DNS record of ${own} and its proxy, then: ${rerun(deployment, 'middleman', host)}`,
      judge: (result) => untrusted(result, own) ?? bootstrapVerdict(result),
    });
  }
  if (api !== undefined && deployment.group('provider_hosts').length > 0) {
    const expected = publicKey(secrets.get('app_identity').reveal());
    checks.push({
      ...about,
      id: 'middleman.provider-api',
      title: 'The Middleman reaches the Provider’s public API',
      probe: fromInside(`https://${api}/api/identity`),
      fix: `the DNS record of ${api} and its proxy, then: ${rerun(deployment, 'middleman', host)}`,
      judge: (result) =>
        untrusted(result, api) ??
        httpVerdict(result, (answer) => {
          if (answer.status !== 200) return fail(`HTTP ${answer.status} ${excerpt(answer.body)}`);
          const { identity } = jsonOf(answer) as { identity?: string };
          return identity === expected
            ? pass(expected)
            : fail(`${excerpt(String(identity))}; app_identity belongs to ${expected}`);
        }),
    });
  }
  return checks;
}

/**
 * Judges a refused certificate where the proxy makes its own: the way there is open, and only trust is missing.
 * `undefined` for any other answer.
 */
function untrustedVerdict(result: ProbeResult): Verdict | undefined {
  if (result.status === 0 || !/certificate|issuer/i.test(result.errors)) return undefined;
  return warn(
    `reached, but not trusted: ${lastWords(result)}. Nobody but the owner can sign in`,
    'with reverse_proxy.tls: internal only the proxy knows its authority; for more than a look, use acme, or reverse_proxy.certificates of an authority that is middleman.trusted_authority',
  );
}

const FETCH = `fetch(process.argv[1], { redirect: "manual", signal: AbortSignal.timeout(10000) })
  .then(async (answer) => process.stdout.write(await answer.text() + "\\n" + answer.status + " " + answer.headers.get("content-type")))
  .catch((error) => { console.error(error.cause?.message || error.message); process.exit(1); })`;

/** Shell that fetches a URL in the container of the web application and prints what {@link httpVerdict} reads. */
function fromInside(url: string): Shell {
  return sh`
    id=$(container middleman middleman-web)
    docker exec "$id" node -e ${FETCH} ${url}
  `;
}
