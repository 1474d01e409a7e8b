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

/** Whether the host is a member of one of the groups. */
export function isIn({ deployment, host }: CheckContext, ...groups: GroupName[]): boolean {
  return groups.some((name) => deployment.group(name).some((member) => member.name === host.name));
}
