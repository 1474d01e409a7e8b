import { PORTS, type PortName } from '../ports.ts';
import { membersOf } from './membership.ts';
import type { GroupName } from './roles.ts';
import type { Profile } from './schema.ts';

/**
 * The names of the hosts that publish a port, in the order of their group. A managed service has no host, so its exporter
 * runs where Prometheus does.
 */
export function publishersOf(profile: Profile, name: PortName): string[] {
  const { role, group } = PORTS[name];
  if (name === 'sentinel' && profile.redis.mode !== 'sentinel') return [];
  if (name === 'redis-exporter' && profile.redis.mode === 'external') {
    // The exporter asks one server, and does not ask Sentinels where it is.
    const direct = !profile.redis_url?.startsWith('redis-sentinel:');
    return direct && uses(profile, REDIS_USERS) ? membersOf(profile, 'monitoring_hosts') : [];
  }
  if (name === 'postgres-exporter' && profile.postgres.mode === 'external') {
    return uses(profile, POSTGRES_USERS) ? membersOf(profile, 'monitoring_hosts') : [];
  }
  if (role === 'exporters' && !uses(profile, ['monitoring_hosts'])) return [];
  // A member of the group has the role; without a group, every host has it.
  const hosts = group ? membersOf(profile, group) : Object.keys(profile.hosts);
  return hosts.filter((host) => host in profile.hosts);
}

const REDIS_USERS: readonly GroupName[] = ['relay_relayers', 'relay_miners'];
const POSTGRES_USERS: readonly GroupName[] = [
  'temporal_hosts',
  'provider_hosts',
  'middleman_hosts',
];

function uses(profile: Profile, groups: readonly GroupName[]): boolean {
  return groups.some((group) => membersOf(profile, group).length > 0);
}
