import { type Host, hostsOf } from '../../hosts.ts';
import { parseAddress, sshEnd } from '../address.ts';
import { membersOf } from '../membership.ts';
import { GROUPS, type GroupName } from '../roles.ts';
import type { Profile } from '../schema.ts';
import { suggest } from '../suggest.ts';
import type { Rule } from './rule.ts';

/** Why a group has one host at most. */
const SINGLE: Partial<Record<GroupName, string>> = {
  provider_hosts: 'two Providers on one database would work against each other',
  middleman_hosts: 'two Middlemen on one database would work against each other',
  postgres_hosts: 'databases are not replicated',
  temporal_hosts: 'Temporal is not clustered',
  redis_hosts: 'several are for redis.mode: sentinel',
  monitoring_hosts: 'one Prometheus scrapes every host',
};

/** Groups name hosts that exist, each once; what keeps state has one host; every host has something to do. */
export const groupsNameHosts: Rule = (profile, report) => {
  const hosts = hostsOf(profile);
  const names = hosts.map(({ name }) => name);
  const meant = new Set<string | undefined>();
  for (const group of GROUPS) {
    profile[group].forEach((name, index) => {
      if (!names.includes(name)) {
        const suggestion = hostAt(name, hosts) ?? suggest(name, names);
        meant.add(suggestion);
        report([group, index], `unknown host "${name.slice(0, 60)}"`, suggestion);
      }
      if (profile[group].indexOf(name) < index) report([group, index], `"${name}" is listed twice`);
    });
    const reason = SINGLE[group];
    const sentinel = group === 'redis_hosts' && profile.redis.mode === 'sentinel';
    if (reason && !sentinel && profile[group].length > 1) {
      report([group, 1], `at most one host is supported in this group: ${reason}`);
    }
  }
  if (names.length === 0) report(['hosts'], 'expected at least one host');
  for (const name of names) {
    if (!meant.has(name) && !GROUPS.some((group) => profile[group].includes(name))) {
      report(['hosts', name], 'is in no group, so nothing would run on it');
    }
  }
};

/** The name of the host that an address belongs to, whoever logs in there. */
function hostAt(text: string, hosts: readonly Host[]): string | undefined {
  const given = sshEnd(parseAddress(text));
  return hosts.find((host) => sshEnd(host) === given || host.privateAddress === text)?.name;
}

/** A group is used where its service is deployed, and left empty where a managed one takes its place. */
export const modesFitGroups: Rule = (profile, report) => {
  const { redis, postgres, temporal, redis_url } = profile;
  const managed = [
    ['redis', 'redis_hosts', redis.mode, ['redis_url'], redis_url],
    ['postgres', 'postgres_hosts', postgres.mode, ['postgres', 'address'], postgres.address],
    ['temporal', 'temporal_hosts', temporal.mode, ['temporal', 'address'], temporal.address],
  ] as const;
  for (const [name, group, mode, path, address] of managed) {
    if (mode === 'external' && profile[group].length > 0) {
      report([group], `expected none, because ${name}.mode is external`);
    }
    if (mode === 'external' && address === undefined) {
      report(path, `missing, expected it with ${name}.mode: external`);
    }
    if (mode !== 'external' && address !== undefined) {
      report(path, `is used with ${name}.mode: external only`);
    }
  }
  if (redis.mode === 'sentinel' && profile.redis_hosts.length < 3) {
    report(['redis_hosts'], 'expected three hosts or more: fewer Sentinels have no majority');
  }
};

/** A component has everything it needs somewhere. */
export const componentsAreComplete: Rule = (profile, report) => {
  const empty = (group: GroupName) => membersOf(profile, group).length === 0;
  igniterIsComplete(profile, report);
  if (!empty('temporal_hosts') && empty('postgres_hosts') && profile.postgres.mode === 'deploy') {
    report(['temporal_hosts'], 'Temporal needs a host in postgres_hosts');
  }
  relaysAreComplete(profile, report);
};

const IGNITER = [
  ['provider', 'provider_hosts', 'igniter_provider_enabled', 'Provider'],
  ['middleman', 'middleman_hosts', 'igniter_middleman_enabled', 'Middleman'],
] as const;

const igniterIsComplete: Rule = (profile, report) => {
  for (const [name, group, enabled, title] of IGNITER) {
    if (profile[enabled] && profile[group].length === 0) {
      report([enabled], `true, but ${group} is empty`);
    }
    if (!(profile[enabled] ?? profile[group].length > 0)) continue;
    for (const needed of ['postgres', 'temporal'] as const) {
      if (profile[needed].mode === 'deploy' && profile[`${needed}_hosts`].length === 0) {
        report([group], `${title} needs a host in ${needed}_hosts`);
      }
    }
    if (!profile[name]) report([name], `missing, expected it with ${group}`);
  }
};

const relaysAreComplete: Rule = (profile, report) => {
  const { relay_relayers: relayers, relay_miners: miners } = profile;
  if (!(profile.ha_relayminer_enabled ?? relayers.length + miners.length > 0)) return;
  if (relayers.length === 0) {
    const at = miners.length === 0 ? 'ha_relayminer_enabled' : 'relay_miners';
    report([at], 'miners have nothing to do without a host in relay_relayers');
  }
  if (miners.length === 0) {
    const at = relayers.length === 0 ? 'ha_relayminer_enabled' : 'relay_relayers';
    report([at], 'nothing is claimed, so nothing is paid, without a host in relay_miners');
  }
  if (profile.redis.mode !== 'external' && profile.redis_hosts.length === 0) {
    const at = relayers.length === 0 ? 'relay_miners' : 'relay_relayers';
    report([at], 'relayers and miners need a host in redis_hosts');
  }
};

/** What is public has a name of its own, a proxy that serves it, and something behind it. */
export const domainsAreServed: Rule = (profile, report) => {
  const proxies = profile.reverse_proxy_hosts.length > 0;
  const seen = new Map<string, string>();
  for (const [key, groups, what] of DOMAINS) {
    const domain = profile[key]?.toLowerCase();
    if (domain === undefined) continue;
    const other = seen.get(domain);
    if (other) report([key], `is ${other} too: one name is one service`);
    else seen.set(domain, key);
    if (groups.every((group) => membersOf(profile, group).length === 0)) {
      report([key], `is the name of ${what}, but ${groups.join(' and ')} is empty`);
    } else if (!proxies) {
      report([key], 'needs a host in reverse_proxy_hosts, which serves it');
    }
  }
  if (!proxies) return;
  if (seen.size === 0 && membersOf(profile, 'relay_relayers').length === 0) {
    report(['reverse_proxy_hosts'], 'the proxy has nothing to forward to without relayers');
  }
  if (membersOf(profile, 'relay_relayers').length > 0 && !profile.relay_public_domain) {
    report(['relay_public_domain'], 'missing, expected it with reverse_proxy_hosts');
  }
};

const DOMAINS: readonly (readonly [DomainName, readonly GroupName[], string])[] = [
  ['relay_public_domain', ['relay_relayers'], 'the relayers'],
  ['provider_domain', ['provider_hosts'], 'the Provider’s portal'],
  ['provider_public_api_domain', ['provider_hosts'], 'the Provider’s API'],
  ['middleman_domain', ['middleman_hosts'], 'the Middleman'],
  ['grafana_domain', ['monitoring_hosts'], 'Grafana'],
];

type DomainName = Extract<keyof Profile, `${string}_domain`>;

/** A Middleman is public, and reaches the Provider of its own deployment at that one's public name. */
export const middlemanReachesProvider: Rule = (profile, report) => {
  if (membersOf(profile, 'middleman_hosts').length === 0) return;
  if (!profile.middleman_domain) {
    report(
      ['middleman_domain'],
      'missing, expected it with middleman_hosts: wallets sign in there',
    );
  }
  const provider = membersOf(profile, 'provider_hosts').length > 0;
  if (provider && !profile.provider_public_api_domain) {
    report(
      ['provider_public_api_domain'],
      'missing: without it, the Middleman cannot reach the Provider of this profile',
    );
  }
};
