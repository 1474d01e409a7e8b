import { httpProbe, httpVerdict, shownUrl } from '../probes/http.ts';
import type { Check } from '../validation/check.ts';
import { excerpt, pass, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/** The governance registry, which the wizards of Provider and Middleman read. */
export function registryChecks(context: CheckContext): Check[] {
  const { delegatorsUrl, providersUrl } = context.deployment.network;
  return [
    ...(isIn(context, 'provider_hosts')
      ? [listCheck(context, 'delegators', delegatorsUrl, 'provider.delegators_url')]
      : []),
    ...(isIn(context, 'middleman_hosts')
      ? [listCheck(context, 'providers', providersUrl, 'middleman.providers_url')]
      : []),
  ];
}

/** igniter, setup wizards of apps/provider and apps/middleman, 0.9: neither can be completed with an empty list. */
function listCheck(
  { deployment, host }: CheckContext,
  list: 'delegators' | 'providers',
  template: string,
  setting: string,
): Check {
  const url = template.replaceAll('{chainId}', deployment.network.chainId);
  return {
    id: `registry.${list}`,
    group: 'registry',
    severity: 'warning',
    title: `The list of ${list} has somebody in it`,
    host,
    probe: httpProbe({ url }),
    fix: `${setting} in the profile (now ${shownUrl(url)})`,
    judge: (result) => {
      const verdict = httpVerdict(result, ({ status, body }) => {
        const names = status === 200 ? namesOf(body) : [];
        return names.length > 0
          ? pass(excerpt(`${names.length} ${list}: ${names.join(', ')}`))
          : warn(`HTTP ${status} without a list: the wizard cannot be completed`);
      });
      return verdict.verdict === 'fail' ? { ...verdict, verdict: 'warn' } : verdict;
    },
  };
}

/** The names in a JSON list; none where it is anything else. */
function namesOf(body: string): string[] {
  try {
    const list: unknown = JSON.parse(body);
    return Array.isArray(list) ? list.map((one) => String(one?.name ?? 'without a name')) : [];
  } catch {
    return [];
  }
}
