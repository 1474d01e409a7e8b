import { deriveConnections } from '../../connections.ts';
import { type Host, hostsOf } from '../../hosts.ts';
import { networkOf } from '../../network.ts';
import { PORT_NAMES, PORTS } from '../../ports.ts';
import { isLoopback, isPrivateAddress, parseAddress, sshEnd } from '../address.ts';
import { externalEndpoints } from '../external-endpoints.ts';
import { membersOf } from '../membership.ts';
import { publishersOf } from '../publishers.ts';
import type { GroupName } from '../roles.ts';
import type { Rule } from './rule.ts';

/** Hosts are different machines, and each says only once how it is reached. */
export const hostsAreDistinct: Rule = (profile, report) => {
  const seen = new Map<string, string>();
  for (const [name, given] of Object.entries(profile.hosts)) {
    const settings = typeof given === 'string' ? { address: given } : given;
    const path = typeof given === 'string' ? ['hosts', name] : ['hosts', name, 'address'];
    const { address, user, port } = parseAddress(settings.address);
    if (user && settings.user) report(['hosts', name, 'user'], 'the address has a user already');
    if (port && settings.port) report(['hosts', name, 'port'], 'the address has a port already');
    if (port !== undefined && (port < 1 || port > 65_535)) {
      report(path, 'expected a port from 1 to 65535');
    }
    const overSsh = user ?? settings.user ?? port ?? settings.port ?? settings.identity_file;
    if (address === 'localhost' && overSsh !== undefined) {
      report(path, 'localhost is this machine, without ssh: expected no user, port or key');
    }
    const key = sshEnd({ address, port: settings.port ?? port });
    const other = seen.get(key);
    if (other) report(path, `the address of hosts.${other} too: one machine is one host`);
    else seen.set(key, name);
    if (settings.private_address && !isPrivateAddress(settings.private_address)) {
      report(
        ['hosts', name, 'private_address'],
        'expected an address of a private network (10/8, 172.16/12, 192.168/16, 100.64/10); where there is none, make one first: README.md, Profiles',
      );
    }
  }
};

/** No two hosts have one private address: what connects to one of them would find the other, or itself. */
export const privateAddressesAreDistinct: Rule = (profile, report) => {
  const owners = new Map<string, Host>();
  for (const host of hostsOf(profile)) {
    if (!host.privateAddress) continue;
    const owner = owners.get(host.privateAddress);
    if (!owner) owners.set(host.privateAddress, host);
    // (What ssh finds at one place is one machine, which the rule above says.)
    else if (sshEnd(owner) !== sshEnd(host)) {
      report(
        ['hosts', host.name, 'private_address'],
        `${host.privateAddress} is that of hosts.${owner.name} too: each machine has its own`,
      );
    }
  }
};

/** A host that other hosts connect to has a private address, so that nothing internal is published to the world. */
export const neighboursHavePrivateAddresses: Rule = (profile, report) => {
  const hosts = hostsOf(profile);
  const wanted = new Map<string, string>();
  for (const one of deriveConnections(profile, hosts)) {
    const outside = one.from === 'internet' || one.from === 'operator';
    if (one.service && !outside && one.from !== one.to && !wanted.has(one.to)) {
      wanted.set(one.to, `hosts.${one.from} connects to its port ${one.port}`);
    }
  }
  for (const host of hosts) {
    const reason = wanted.get(host.name);
    if (!reason || host.privateAddress) continue;
    const given = profile.hosts[host.name];
    const example =
      typeof given === 'string'
        ? `; write ${host.name}: { address: ${given}, private_address: <IP address> }`
        : '';
    report(['hosts', host.name, 'private_address'], `missing: ${reason}${example}`);
  }
};

/** Containers reach what the profile names: their own localhost is not the host's. */
export const endpointsAreReachable: Rule = (profile, report) => {
  for (const { path, host } of externalEndpoints(profile)) {
    if (isLoopback(host)) {
      report(
        path,
        'expected an address that containers can reach: localhost is the container itself',
      );
    }
  }
  const network = networkOf(profile);
  const runs = (...groups: GroupName[]) =>
    groups.some((group) => membersOf(profile, group).length > 0);
  const relays = runs('relay_relayers', 'relay_miners');
  const igniter = runs('provider_hosts', 'middleman_hosts');
  const missing = `missing: the network "${network.name}" has no public endpoint`;
  if (!network.rpcUrl && (relays || igniter)) report(['pocket_rpc_url'], missing);
  if (!network.grpcAddress && relays) report(['pocket_grpc_address'], missing);
  if (!network.apiUrl && igniter) report(['pocket_api_url'], missing);
};

/** Nothing that the profile expects elsewhere listens on a port that a role publishes on the same host. */
export const portsDoNotClash: Rule = (profile, report) => {
  const hosts = hostsOf(profile);
  for (const { path, host, port } of externalEndpoints(profile)) {
    const ours = hosts.find((one) => one.address === host || one.privateAddress === host);
    const taken = PORT_NAMES.find(
      (name) =>
        PORTS[name].port === port && ours && publishersOf(profile, name).includes(ours.name),
    );
    if (ours && taken) {
      report(
        path,
        `port ${port} of hosts.${ours.name} is taken by ${taken}: expected another port`,
      );
    }
  }
};
