import { isIPv6 } from 'node:net';
import type { Deployment } from '../deployment.ts';
import { sourceAddresses } from '../firewall/openings.ts';
import type { Host } from '../hosts.ts';
import { ownText } from '../own-files.ts';
import { PORTS } from '../ports.ts';
import { isLoopback, isPrivateAddress } from '../profile/address.ts';
import { sh } from '../shell.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, skip, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { answered, closedTo, type Dialled, doorsOf } from './reach.ts';

/** So many are dialled at once, for so many seconds: who drops packets never answers. */
const AT_ONCE = 500;
const SECONDS = 2;
const DIAL = ownText('lib/checks/dial.pl');
/** Where relays, keys and everybody's workflows are to be had. */
const DATA: readonly number[] = [PORTS.redis, PORTS.postgres, PORTS.temporal].map(
  ({ port }) => port,
);

/** What the other hosts let this one in at: no port that is closed to it may answer. */
export function neighbourChecks({ deployment, host }: CheckContext): Check[] {
  const others = deployment.hosts.filter((other) => other !== host);
  const doors = others.flatMap((other) =>
    sourceAddresses(other).flatMap((address) =>
      doorsOf(other, address, closedTo(host, deployment, other)),
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
        const answers = new Map(
          lines.map((line) => line.split(' ') as [string, 'open' | 'refused']),
        );
        return reachVerdict(
          deployment,
          doors.map((door, index) => ({ door, answer: answers.get(`${index}`) ?? 'silent' })),
        );
      },
    },
  ];
}

/**
 * Judges what answered of what should not. Where the operator has switched our firewall off, it is theirs to close, and may
 * be open on purpose to who is in the same network; data that a public address gives to the operator's machine is closed by
 * nobody. A host of which nothing at all is heard, not even at ssh, has shown nothing: there may be no way there, as
 * behind a jump host.
 */
export function reachVerdict(
  { profile }: Pick<Deployment, 'profile'>,
  dialled: readonly Dialled[],
  from: 'a host' | 'this machine' = 'a host',
): Verdict {
  const open = dialled.flatMap(({ door, answer }) =>
    door.closed && answer === 'open' ? door : [],
  );
  if (open.length === 0) {
    const hosts = Map.groupBy(dialled, ({ door }) => door.host);
    const isSilent = (of: readonly Dialled[]) => of.every(({ answer }) => answer === 'silent');
    const silent = [...hosts].filter(([, of]) => isSilent(of)).map(([host]) => host);
    if (silent.length > 0)
      return skip(`nothing is heard of ${silent.join(', ')} from here, not even at ssh`);
    const addresses = Map.groupBy(dialled, ({ door }) => door.address);
    const shown = [...addresses.values()].filter((of) => !isSilent(of)).flat();
    return pass(`${shown.filter(({ door }) => door.closed).length} closed ports, none answers`);
  }
  if (profile.firewall.enabled) return fail(answered(open));
  const told = `${answered(open)}; firewall.enabled is false in the profile`;
  const isGivenAway = open.some(({ address, port }) => DATA.includes(port) && isPublic(address));
  return from === 'this machine' && isGivenAway ? fail(told) : warn(told);
}

/** Whether an address is one of the internet: of IPv6, 2000::/3 is (RFC 4291). */
function isPublic(address: string): boolean {
  return isIPv6(address)
    ? /^[23]/.test(address)
    : !isPrivateAddress(address) && !isLoopback(address);
}

/** What to do where a port answers that should not. */
export function firewallFix(deployment: Deployment, hosts: readonly Host[]): string {
  if (!deployment.profile.firewall.enabled || hosts.length === 0)
    return 'close these ports, or set firewall.enabled: true in the profile; else: firewall.allow in the profile, where they are open on purpose';
  return rerun(deployment, 'firewall', ...hosts);
}
