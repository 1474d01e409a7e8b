import { isIP } from 'node:net';
import type { Deployment } from '../deployment.ts';
import type { Host } from '../hosts.ts';
import { PORTS } from '../ports.ts';

/** Where nothing of ours listens, but what runs beside it does: Pocket nodes, blackbox exporter, pprof. */
const BESIDE = [26656, 26657, 9090, 1317, 9093, 9115, 6060];

/**
 * Every TCP port that is closed but to those who are let in. Sources for those that are not in PORTS: CometBFT (26656
 * peers, 26657 RPC) and Cosmos SDK (9090 gRPC, 1317 REST) defaults; prometheus, Default port allocations (9093, 9115);
 * pocket-relay-miner, pprof, v0.1.x (6060).
 */
export const CLOSED_PORTS: readonly number[] = [
  ...new Set([...BESIDE, ...Object.values(PORTS).map(({ port }) => port)]),
].toSorted((a, b) => a - b);

/** A host that is let in, and every address that it may come from. */
export interface Source {
  host: string;
  addresses: string[];
}

/** A closed port that is open to some. */
export interface Opening {
  port: number;
  /** What it is for, each in a few words. */
  purposes: string[];
  from: 'everybody' | Source[];
}

/** The addresses that other hosts see a host come from; none when the profile does not tell. */
export function sourceAddresses({ privateAddress, address }: Host): string[] {
  const known = [privateAddress, isIP(address) ? address : undefined];
  return [...new Set(known.filter((one) => one !== undefined))];
}

/** The closed ports of a host that have to be open, by port, as the derived connections say. */
export function openingsOf(
  { connections, hosts }: Pick<Deployment, 'connections' | 'hosts'>,
  host: Host,
): Opening[] {
  const wanted = connections.filter(
    ({ from, to, port }) =>
      to === host.name && from !== to && from !== 'operator' && CLOSED_PORTS.includes(port),
  );
  return [...Map.groupBy(wanted, ({ port }) => port)]
    .map(([port, arrows]): Opening => {
      const names = new Set(arrows.map(({ from }) => from));
      return {
        port,
        purposes: [...new Set(arrows.map(({ purpose }) => purpose))],
        from: names.has('internet')
          ? 'everybody'
          : hosts
              .filter(({ name }) => names.has(name))
              .map((one) => ({ host: one.name, addresses: sourceAddresses(one) })),
      };
    })
    .toSorted((a, b) => a.port - b.port);
}

/** The ports at which ssh is, as far as the profile tells: never closed. */
export function sshPorts({ port }: Host): number[] {
  return [...new Set([22, port ?? 22])];
}
