import { PORTS, type PortName } from '../ports.ts';
import { membersOf, rolesOf } from './membership.ts';
import type { Profile } from './schema.ts';

/** The names of the hosts that publish a port, in the order of their group. */
export function publishersOf(profile: Profile, name: PortName): string[] {
  const { role, group } = PORTS[name];
  if (name === 'sentinel' && profile.redis.mode !== 'sentinel') return [];
  const hosts = group ? membersOf(profile, group) : Object.keys(profile.hosts);
  return hosts.filter((host) => host in profile.hosts && rolesOf(profile, host).includes(role));
}
