import type { Check } from '../check.ts';
import { httpProbe, httpVerdict, shownUrl } from '../probes/http.ts';
import { pass, warn } from '../verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/** The governance registry, which the Provider's wizard reads. */
export function registryChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  if (!isIn(context, 'provider_hosts')) return [];
  const { chainId, delegatorsUrl } = deployment.network;
  const url = delegatorsUrl.replaceAll('{chainId}', chainId);
  return [
    {
      id: 'registry.delegators',
      group: 'registry',
      title: 'The list of delegators has somebody in it',
      host,
      probe: httpProbe({ url }),
      fix: `provider.delegators_url in the profile (now ${shownUrl(url)})`,
      // igniter, apps/provider, setup wizard, 0.9: the step of the delegators cannot be completed with an empty list.
      judge: (result) => {
        const verdict = httpVerdict(result, ({ status, body }) => {
          const count = status === 200 ? lengthOf(body) : 0;
          return count > 0
            ? pass(`${count} delegators`)
            : warn(`HTTP ${status} without a list: the wizard cannot be completed`);
        });
        return verdict.verdict === 'fail' ? { ...verdict, verdict: 'warn' } : verdict;
      },
    },
  ];
}

/** How long a JSON array is; 0 for anything else. */
function lengthOf(body: string): number {
  try {
    const list: unknown = JSON.parse(body);
    return Array.isArray(list) ? list.length : 0;
  } catch {
    return 0;
  }
}
