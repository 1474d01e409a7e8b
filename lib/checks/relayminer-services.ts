import { PORTS } from '../ports.ts';
import { type HttpAnswer, httpProbe, httpVerdict, jsonOf } from '../probes/http.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { mend } from '../validation/fixes.ts';
import { excerpt, fail, pass, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/** What the relayer itself thinks of the backends of each service. */
export function serviceChecks({ deployment, host }: CheckContext): Check[] {
  const services = Object.keys(deployment.profile.relayminer?.services ?? {});
  return services.map((service) => ({
    id: `relayminer.ready-${service}`,
    group: 'relayminer',
    severity: 'critical',
    title: `The relayer has healthy backends for ${service}`,
    host,
    probe: httpProbe({
      url: `http://127.0.0.1:${PORTS['relayer-health'].port}/ready/${encodeURIComponent(service)}`,
    }),
    fix: mend(deployment, host, 'relayer'),
    judge: (result) =>
      httpVerdict(result, (answer) => ({
        fix: `relayminer.services.${service} in the profile, or its nodes`,
        ...serviceVerdict(answer),
      })),
  }));
}

/**
 * Judges `/ready/<service>`. It is ready with one backend of any transport, so each is looked at. Of one
 * without a name, only the server is shown, since its URL may hold credentials (pocket-relay-miner, relayer/health.go, v0.1.x).
 */
export function serviceVerdict(answer: HttpAnswer): Verdict {
  if (answer.status !== 200 && answer.status !== 503)
    return fail(`HTTP ${answer.status} ${excerpt(answer.body)}`);
  const { backends } = jsonOf(answer) as {
    backends: {
      total: number;
      healthy: number;
      endpoints: { name: string; url: string; healthy: boolean }[];
    };
  };
  const evidence = `${backends.healthy} of ${backends.total} healthy`;
  const names = backends.endpoints
    .filter(({ healthy }) => !healthy)
    .map(({ name, url }) => name || serverOf(url));
  if (answer.status === 503) return fail(evidence);
  return names.length === 0 ? pass(evidence) : warn(`${evidence}; not ${names.join(', ')}`);
}

function serverOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.protocol}//${parsed.host}` : 'one without a name';
}
