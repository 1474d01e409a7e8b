import type { Deployment } from '../deployment.ts';
import { sourceAddresses } from '../firewall/openings.ts';
import type { Host } from '../hosts.ts';
import { ownText } from '../own-files.ts';
import { sh } from '../shell.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { answered, closedTo, type Door } from './reach.ts';

/** So many are dialled at once, for so many seconds: who drops packets never answers. */
const AT_ONCE = 500;
const SECONDS = 2;
const DIAL = ownText('lib/checks/dial.pl');

/** What the other hosts let this one in at: no port that is closed to it may answer. */
export function neighbourChecks({ deployment, host }: CheckContext): Check[] {
  const others = deployment.hosts.filter((other) => other !== host);
  const doors = others.flatMap((other) =>
    sourceAddresses(other).flatMap((address) =>
      closedTo(host, deployment, other).map((port): Door => ({ host: other.name, address, port })),
    ),
  );
  if (doors.length === 0) return [];
  return [
    {
      id: 'exposure.neighbours',
      group: 'exposure',
      severity: 'critical',
      title: 'The other hosts answer this one only where they have to',
      host,
      probe: sh`
        perl -e ${DIAL} ${SECONDS} ${AT_ONCE} ${doors.map(({ address, port }, index) => `${index}/${address}/${port}`)}
        echo dialled ${doors.length}`,
      timeoutSeconds: 20 + Math.ceil(doors.length / AT_ONCE) * (SECONDS + 4),
      fix: firewallFix(deployment, others),
      judge: ({ status, output, ...rest }) => {
        const lines = output.trim().split('\n');
        if (status !== 0 || lines.pop() !== `dialled ${doors.length}`)
          return fail(`not everything could be dialled: ${lastWords({ status, output, ...rest })}`);
        const open = lines.flatMap((line) => doors[Number(line)] ?? []);
        return reachVerdict(deployment, open, doors.length);
      },
    },
  ];
}

/** Judges what answered of what should not. Where the operator has switched our firewall off, it is theirs to close. */
export function reachVerdict(
  { profile }: Pick<Deployment, 'profile'>,
  open: readonly Door[],
  dialledCount: number,
): Verdict {
  if (open.length === 0) return pass(`${dialledCount} closed ports, none answers`);
  return profile.firewall.enabled
    ? fail(answered(open))
    : warn(`${answered(open)}; firewall.enabled is false in the profile`);
}

/** What to do where a port answers that should not. */
export function firewallFix(deployment: Deployment, hosts: readonly Host[]): string {
  if (!deployment.profile.firewall.enabled || hosts.length === 0)
    return 'close these ports, or set firewall.enabled: true in the profile';
  return rerun(deployment, 'firewall', ...hosts);
}
