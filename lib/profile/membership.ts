import { GROUP_ROLE, GROUPS, type GroupName, ROLES, type RoleName } from './roles.ts';
import type { Profile } from './schema.ts';

/** Whether Igniter Provider is deployed: as the profile says, else when its group has a host. */
export function providerEnabled(profile: Profile): boolean {
  return profile.igniter_provider_enabled ?? profile.provider_hosts.length > 0;
}

/** Whether relayer and miner are deployed: as the profile says, else when one of their groups has a host. */
export function relayminerEnabled(profile: Profile): boolean {
  return (
    profile.ha_relayminer_enabled ?? profile.relay_relayers.length + profile.relay_miners.length > 0
  );
}

/** Whether Igniter Middleman is deployed: as the profile says, else when its group has a host. */
export function middlemanEnabled(profile: Profile): boolean {
  return profile.igniter_middleman_enabled ?? profile.middleman_hosts.length > 0;
}

/** The names of a group's hosts; none when the group's component is disabled, or a managed service takes its place. */
export function membersOf(profile: Profile, group: GroupName): string[] {
  return isDeployed(profile, GROUP_ROLE[group]) ? profile[group] : [];
}

function isDeployed(profile: Profile, role: RoleName): boolean {
  switch (role) {
    case 'provider':
      return providerEnabled(profile);
    case 'middleman':
      return middlemanEnabled(profile);
    case 'relayminer':
      return relayminerEnabled(profile);
    case 'redis':
    case 'postgres':
    case 'temporal':
      return profile[role].mode !== 'external';
    default:
      return true;
  }
}

/**
 * What runs on a host. Every host gets `common` and the firewall, which takes itself away where it is switched off; a
 * host that runs containers gets Docker and their images, and the exporters where the deployment is monitored.
 */
export function rolesOf(profile: Profile, host: string): RoleName[] {
  const roles = new Set<RoleName>(['common', 'firewall']);
  for (const group of GROUPS) {
    if (membersOf(profile, group).includes(host)) roles.add(GROUP_ROLE[group]);
  }
  if (membersOf(profile, 'monitoring_hosts').length > 0) roles.add('exporters');
  if ([...roles].some((role) => !WITHOUT_DOCKER.includes(role))) {
    roles.add('install-docker').add('images');
  }
  return ROLES.filter((role) => roles.has(role));
}

const WITHOUT_DOCKER: readonly RoleName[] = ['common', 'firewall', 'pocketd'];
