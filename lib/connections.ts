import type { Host } from './hosts.ts';
import type { Network } from './network.ts';
import { PORTS, type PortName } from './ports.ts';
import type { GroupName } from './profile/roles.ts';

/** One arrow of the topology. */
export interface Connection {
  /** The name of a host, or `operator`, or `internet`. */
  from: string;
  /** The name of a host, or `pocket network`. */
  to: string;
  port: number;
  protocol: 'tcp';
  /** What it is for, in a few words. */
  purpose: string;
  /** Which of our published ports is reached; absent for what is not ours. */
  service?: PortName;
}

const INTERNAL: readonly [from: GroupName, to: PortName, purpose: string][] = [
  ['temporal_hosts', 'postgres', 'Temporal keeps workflows in PostgreSQL'],
  ['provider_hosts', 'postgres', 'Provider keeps its data in PostgreSQL'],
  ['provider_hosts', 'temporal', 'Provider runs workflows on Temporal'],
  ['relay_relayers', 'redis', 'relayer publishes relays to Redis'],
  ['relay_miners', 'redis', 'miner consumes relays from Redis'],
  ['reverse_proxy_hosts', 'relayer', 'proxy forwards relays'],
  ['reverse_proxy_hosts', 'relayer-health', 'proxy asks which relayers are ready'],
];

const CHAIN: readonly [from: GroupName, endpoint: 'rpc' | 'grpc' | 'api', purpose: string][] = [
  ['relay_relayers', 'rpc', 'relayer reads blocks'],
  ['relay_relayers', 'grpc', 'relayer reads chain state'],
  ['relay_miners', 'rpc', 'miner follows blocks'],
  ['relay_miners', 'grpc', 'miner sends claims and proofs'],
  ['provider_hosts', 'rpc', 'Provider reads and sends transactions'],
  ['provider_hosts', 'api', 'Provider reads chain state'],
];

/**
 * Who talks to whom, derived from the groups. Bind addresses, firewall rules and the topology picture follow from
 * this list; a connection within one host goes over its Docker network and is listed too.
 */
export function deriveConnections(
  hosts: readonly Host[],
  group: (name: GroupName) => readonly Host[],
  network: Network,
): Connection[] {
  const internal = INTERNAL.flatMap(([from, service, purpose]) =>
    group(from).flatMap((source) =>
      group(PORTS[service].group).map(
        (target): Connection => ({ ...arrow(source.name, target.name, service), purpose }),
      ),
    ),
  );
  const urls = { rpc: network.rpcUrl, grpc: network.grpcAddress, api: network.apiUrl };
  const chain = CHAIN.flatMap(([from, endpoint, purpose]) => {
    const url = urls[endpoint];
    if (url === undefined) return [];
    return group(from).map(
      (source): Connection => ({
        from: source.name,
        to: 'pocket network',
        port: portOf(url),
        protocol: 'tcp',
        purpose,
      }),
    );
  });
  const relays = group('reverse_proxy_hosts').flatMap(({ name }): Connection[] => [
    { ...arrow('internet', name, 'http'), purpose: 'certificates, and redirects to https' },
    { ...arrow('internet', name, 'https'), purpose: 'relays' },
  ]);
  const ssh = hosts
    .filter((host) => !host.local)
    .map(
      (host): Connection => ({
        from: 'operator',
        to: host.name,
        port: host.port ?? 22,
        protocol: 'tcp',
        purpose: 'deploys and validates over ssh',
      }),
    );
  return [...ssh, ...relays, ...internal, ...chain];
}

function arrow(from: string, to: string, service: PortName): Omit<Connection, 'purpose'> {
  return { from, to, port: PORTS[service].port, protocol: 'tcp', service };
}

function portOf(address: string): number {
  const url = new URL(address.includes('://') ? address : `tcp://${address}`);
  if (url.port) return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
