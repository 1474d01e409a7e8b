import { httpProbe, httpVerdict, jsonOf, readHttp, shownUrl } from '../probes/http.ts';
import { sh } from '../shell.ts';
import type { Check } from '../validation/check.ts';
import { excerpt, fail, pass } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';
import { type Application, baseOf, MIDDLEMAN, PROVIDER } from './igniter.ts';

/** The governance registry, which the wizards of Provider and Middleman read. */
export function registryChecks(context: CheckContext): Check[] {
  const { delegatorsUrl, providersUrl } = context.deployment.network;
  return [
    ...(isIn(context, 'provider_hosts')
      ? [listCheck(context, PROVIDER, 'delegators', delegatorsUrl, 'provider.delegators_url')]
      : []),
    ...(isIn(context, 'middleman_hosts')
      ? [listCheck(context, MIDDLEMAN, 'providers', providersUrl, 'middleman.providers_url')]
      : []),
  ];
}

/**
 * igniter, setup wizards of apps/provider and apps/middleman, 0.9: neither can be completed with an empty list. So it fails
 * while the application says that its wizard is open, and is worth a look afterwards.
 */
function listCheck(
  { deployment, host }: CheckContext,
  application: Application,
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
    probe: sh`
      wizard=$(${httpProbe({ url: `${baseOf(application)}/api/bootstrap` })} 2>/dev/null) || :
      base64 -w0 <<<"$wizard"; echo
      ${httpProbe({ url })}`,
    fix: `${setting} in the profile (now ${shownUrl(url)})`,
    judge: ({ output, ...result }) => {
      const end = output.indexOf('\n');
      const told = { ...result, output: output.slice(end + 1) };
      const verdict = httpVerdict(told, ({ status, body }) => {
        const names = status === 200 ? namesOf(body) : [];
        return names.length > 0
          ? pass(excerpt(`${names.length} ${list}: ${names.join(', ')}`))
          : fail(`HTTP ${status} without a list`);
      });
      if (verdict.verdict === 'pass') return verdict;
      return isOpen(Buffer.from(output.slice(0, end), 'base64').toString())
        ? { ...verdict, evidence: `${verdict.evidence}: the wizard cannot be completed` }
        : { ...verdict, verdict: 'warn' };
    },
  };
}

/** Whether an answer to `/api/bootstrap` says that the wizard is still to be completed. */
function isOpen(output: string): boolean {
  try {
    const { isBootstrapped } = jsonOf(readHttp(output.trimEnd())) as { isBootstrapped?: unknown };
    return isBootstrapped === false;
  } catch {
    return false;
  }
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
