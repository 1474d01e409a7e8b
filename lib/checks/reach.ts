import { BlockList, isIP } from 'node:net';
import type { Deployment } from '../deployment.ts';
import { CLOSED_PORTS, openingsOf, sourceAddresses, sshPorts } from '../firewall/openings.ts';
import type { Host } from '../hosts.ts';
import type { DialAnswer } from '../probes/dial.ts';

/** Something to dial: an address of a host, at a port. */
export interface Door {
  host: string;
  address: string;
  port: number;
  /** Whether it is closed to whoever dials. ssh is not: it tells whether anything comes back from that address at all. */
  closed: boolean;
}

/** A door, and what came back. */
export interface Dialled {
  door: Door;
  answer: DialAnswer;
}

/** What is dialled at one address of a host: the ports that are closed there, and ssh. */
export function doorsOf(host: Host, address: string, closed: readonly number[]): Door[] {
  const door = { host: host.name, address };
  return [
    ...sshPorts(host).map((port): Door => ({ ...door, port, closed: false })),
    ...closed.map((port): Door => ({ ...door, port, closed: true })),
  ];
}

/**
 * The ports of a host that must not answer somebody: closed ones, but for those that the derived connections or the
 * profile's `firewall.allow` open to them.
 * @param from the host that dials; absent for a machine that is none of the deployment's, of which nobody knows as whom
 * the host sees it, so that a port that anybody is let in at counts as open
 */
export function closedTo(
  from: Host | undefined,
  deployment: Pick<Deployment, 'connections' | 'hosts' | 'profile'>,
  host: Host,
): number[] {
  const open = new Set(sshPorts(host));
  for (const opening of openingsOf(deployment, host)) {
    const named =
      opening.from === 'everybody' || opening.from.some((source) => source.host === from?.name);
    if (named) open.add(opening.port);
  }
  for (const { port, from: networks } of deployment.profile.firewall.allow) {
    if (!from || sourceAddresses(from).some((address) => isIn(address, networks))) open.add(port);
  }
  return CLOSED_PORTS.filter((port) => !open.has(port));
}

/** `web1 answers at 6379, 9090; web2 answers at 6379`. */
export function answered(doors: readonly Door[]): string {
  return [...Map.groupBy(doors, ({ host }) => host)]
    .map(([host, of]) => {
      const ports = [...new Set(of.map(({ port }) => port))].toSorted((a, b) => a - b);
      return `${host} answers at ${ports.join(', ')}`;
    })
    .join('; ');
}

function isIn(address: string, networks: readonly string[]): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', bits] = network.split('/');
    const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(base, family);
    else list.addSubnet(base, Number(bits), family);
  }
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
