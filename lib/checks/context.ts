import type { Deployment } from '../deployment.ts';
import type { Host } from '../hosts.ts';
import type { GroupName } from '../profile/roles.ts';
import type { Secrets } from '../secrets/secrets.ts';

/** What a group of checks is made from: one host of a deployment. */
export interface CheckContext {
  deployment: Deployment;
  host: Host;
  secrets: Secrets;
  /** Whether a test alert is wanted, which people get to see. */
  alert?: boolean;
}

/**
 * Whether this is the one host that asks the chain what is the same for all of them: the first with a miner, else the
 * first with a relayer.
 */
export function asksForAll({ deployment, host }: CheckContext): boolean {
  const [first] = [...deployment.group('relay_miners'), ...deployment.group('relay_relayers')];
  return first?.name === host.name;
}

/** Whether the host is a member of one of the groups. */
export function isIn({ deployment, host }: CheckContext, ...groups: GroupName[]): boolean {
  return groups.some((name) => deployment.group(name).some((member) => member.name === host.name));
}
