import { providerEnabled, relayminerEnabled } from '../membership.ts';
import { GROUPS, type GroupName } from '../roles.ts';
import { suggest } from '../suggest.ts';
import type { Rule } from './rule.ts';

const SINGLE: readonly GroupName[] = [
  'provider_hosts',
  'postgres_hosts',
  'temporal_hosts',
  'redis_hosts',
];

/** Groups name hosts that exist, each once; what keeps state has one host; every host has something to do. */
export const groupsNameHosts: Rule = (profile, report) => {
  const hosts = Object.keys(profile.hosts);
  for (const group of GROUPS) {
    profile[group].forEach((name, index) => {
      if (!hosts.includes(name)) {
        report([group, index], `unknown host "${name.slice(0, 60)}"`, suggest(name, hosts));
      }
      if (profile[group].indexOf(name) < index) report([group, index], `"${name}" is listed twice`);
    });
    if (SINGLE.includes(group) && profile[group].length > 1) {
      report([group, 1], 'at most one host is supported in this group');
    }
  }
  if (hosts.length === 0) report(['hosts'], 'expected at least one host');
  for (const name of hosts) {
    if (!GROUPS.some((group) => profile[group].includes(name))) {
      report(['hosts', name], 'is in no group, so nothing would run on it');
    }
  }
};

/** A component has everything it needs somewhere. */
export const componentsAreComplete: Rule = (profile, report) => {
  const empty = (group: GroupName) => profile[group].length === 0;
  const provider = providerEnabled(profile);
  const relays = relayminerEnabled(profile);

  if (provider) {
    if (empty('provider_hosts')) {
      report(['igniter_provider_enabled'], 'true, but provider_hosts is empty');
    }
    for (const group of ['postgres_hosts', 'temporal_hosts'] as const) {
      if (empty(group)) report(['provider_hosts'], `Provider needs a host in ${group}`);
    }
    if (!profile.provider) report(['provider'], 'missing, expected it with provider_hosts');
  }
  if (!empty('temporal_hosts') && empty('postgres_hosts')) {
    report(['temporal_hosts'], 'Temporal needs a host in postgres_hosts');
  }
  if (relays) {
    if (empty('relay_relayers')) {
      const at = empty('relay_miners') ? 'ha_relayminer_enabled' : 'relay_miners';
      report([at], 'miners have nothing to do without a host in relay_relayers');
    }
    if (empty('relay_miners')) {
      const at = empty('relay_relayers') ? 'ha_relayminer_enabled' : 'relay_relayers';
      report([at], 'nothing is claimed, so nothing is paid, without a host in relay_miners');
    }
    if (empty('redis_hosts')) {
      const at = empty('relay_relayers') ? 'relay_miners' : 'relay_relayers';
      report([at], 'relayers and miners need a host in redis_hosts');
    }
  }
  if (!empty('reverse_proxy_hosts')) {
    if (!relays || empty('relay_relayers')) {
      report(['reverse_proxy_hosts'], 'the proxy has nothing to forward to without relayers');
    }
    if (!profile.relay_public_domain) {
      report(['relay_public_domain'], 'missing, expected it with reverse_proxy_hosts');
    }
    if (profile.reverse_proxy.tls === 'acme' && !profile.reverse_proxy.acme_email) {
      report(['reverse_proxy', 'acme_email'], 'missing, expected it with tls: acme');
    }
  }
};
