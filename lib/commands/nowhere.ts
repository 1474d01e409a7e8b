import type { Deployment, Host } from '../deployment.ts';
import { GROUP_ROLE, GROUPS, type RoleName } from '../profile/roles.ts';
import { shortPath } from '../short-path.ts';

/** Why a role is on none of these hosts of a deployment, in words for the operator. */
export function whyNowhere(
  { hosts, profile, profilePath = '' }: Deployment,
  role: RoleName,
  limited: readonly Host[],
): string {
  const names = (some: readonly Host[], separator: string) =>
    some.map(({ name }) => name).join(separator);
  const having = hosts.filter(({ roles }) => roles.includes(role));
  if (having.length > 0) {
    const there = `it is on ${names(having, ', ')}: --limit ${names(having, ',')}`;
    return `${role} is not on ${names(limited, ', ')}; ${there}`;
  }
  const file = shortPath(profilePath);
  const groups = GROUPS.filter((group) => GROUP_ROLE[group] === role);
  if (groups.length === 0) return `${role} ${WITHOUT_GROUP[role]} in ${file}`;
  if (groups.some((group) => profile[group].length > 0))
    return `${role} is switched off in ${file}: ${SWITCHES[role]} is false`;
  const are = groups.length > 1 ? 'are' : 'is';
  return `${role} runs on the hosts of ${groups.join(' and ')}, which ${are} empty in ${file}`;
}

/** Where roles run that follow from others. */
const WITHOUT_GROUP: Partial<Record<RoleName, string>> = {
  'install-docker': 'runs on hosts that run containers, and none does',
  images: 'runs on hosts that run containers, and none does',
  exporters: 'runs on every host as soon as monitoring_hosts has one, and it is empty',
};

/** What switches a role off whose groups have hosts. */
const SWITCHES: Partial<Record<RoleName, string>> = {
  provider: 'igniter_provider_enabled',
  middleman: 'igniter_middleman_enabled',
  relayminer: 'ha_relayminer_enabled',
};
