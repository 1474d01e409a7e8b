import { deriveConnections } from '../../connections.ts';
import { CLOSED_PORTS, sourceAddresses } from '../../firewall/openings.ts';
import { hostsOf } from '../../hosts.ts';
import { PORT_NAMES, PORTS } from '../../ports.ts';
import { publishersOf } from '../publishers.ts';
import type { Rule } from './rule.ts';

/** A host that others have to let in is known by an address: a name may stand for another one tomorrow. */
export const firewallKnowsSources: Rule = (profile, report) => {
  if (!profile.firewall.enabled) return;
  const hosts = hostsOf(profile);
  const connections = deriveConnections(profile, hosts).filter(({ from, to }) => from !== to);
  for (const host of hosts) {
    if (sourceAddresses(host).length > 0) continue;
    // Who is connected to needs one as well, and that is told by another rule.
    if (connections.some((one) => one.to === host.name && one.service && isHost(one.from)))
      continue;
    const first = connections.find((one) => one.from === host.name && isHost(one.to));
    if (!first) continue;
    report(
      ['hosts', host.name, 'private_address'],
      `missing: the firewall of hosts.${first.to} has to let it in at port ${first.port}, and knows no IP address of it`,
    );
  }
  function isHost(name: string): boolean {
    return hosts.some((one) => one.name === name);
  }
};

/** What is let in besides is closed otherwise, and what is never public is not opened to everybody. */
export const openingsAreSound: Rule = (profile, report) => {
  for (const [index, { port, from }] of profile.firewall.allow.entries()) {
    const path = ['firewall', 'allow', index];
    if (!CLOSED_PORTS.includes(port)) {
      report([...path, 'port'], 'is a port that the firewall leaves alone');
      continue;
    }
    const ours = PORT_NAMES.find((name) => PORTS[name].port === port && !PORTS[name].public);
    for (const [position, source] of from.entries()) {
      if (ours && source.endsWith('/0')) {
        report([...path, 'from', position], `would make ${ours} public, which is never done`);
      }
    }
  }
};

/** What of ours is opened to somebody has a private address to be reached at: it is published nowhere else. */
export const openingsAreReachable: Rule = (profile, report) => {
  if (!profile.firewall.enabled) return;
  const hosts = hostsOf(profile);
  const opened = new Set(profile.firewall.allow.map(({ port }) => port));
  for (const service of PORT_NAMES) {
    const { port, public: everywhere } = PORTS[service];
    if (everywhere || !opened.has(port)) continue;
    const published = publishersOf(profile, service);
    for (const { name, privateAddress } of hosts) {
      if (privateAddress || !published.includes(name)) continue;
      report(
        ['hosts', name, 'private_address'],
        `missing: firewall.allow opens its port ${port} (${service}), which is published at private addresses only`,
      );
    }
  }
};
