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

/** The names of a group's hosts; none when the group's component is disabled. */
export function membersOf(profile: Profile, group: GroupName): string[] {
  const enabled =
    GROUP_ROLE[group] === 'provider'
      ? providerEnabled(profile)
      : GROUP_ROLE[group] !== 'relayminer' || relayminerEnabled(profile);
  return enabled ? profile[group] : [];
}

/** What runs on a host. Every host gets `common`, Docker, and the images of its other roles. */
export function rolesOf(profile: Profile, host: string): RoleName[] {
  const roles = new Set<RoleName>(['common', 'install-docker', 'images']);
  for (const group of GROUPS) {
    if (membersOf(profile, group).includes(host)) roles.add(GROUP_ROLE[group]);
  }
  return ROLES.filter((role) => roles.has(role));
}
