import { sh } from '../shell.ts';
import type { Check } from '../validation/check.ts';
import { rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/** The firewall of a host, as the host itself tells. */
export function firewallChecks({ deployment, host }: CheckContext): Check[] {
  if (!deployment.profile.firewall.enabled) return [];
  return [
    {
      id: 'exposure.firewall',
      group: 'exposure',
      severity: 'critical',
      title: 'The firewall is in force, confirmed, and loaded at boot',
      host,
      probe: sh`
        command -v pocket-firewall >"$scratch.path" || { echo 'it is not installed'; exit 1; }
        pocket-firewall status`,
      fix: rerun(deployment, 'firewall', host),
      judge: (result) =>
        result.status === 0
          ? pass('in force')
          : fail(result.output.trim() || `pocket-firewall status says: ${lastWords(result)}`),
    },
  ];
}
