import type { Host } from './hosts.ts';
import { networkOf } from './network.ts';
import { PORTS, type PortName } from './ports.ts';
import { externalEndpoints, hostAndPort } from './profile/external-endpoints.ts';
import { membersOf } from './profile/membership.ts';
import { publishersOf } from './profile/publishers.ts';
import type { GroupName } from './profile/roles.ts';
import type { Profile } from './profile/schema.ts';

/** One arrow of the topology. */
export interface Connection {
  /** The name of a host, or `operator`, or `internet`. */
  from: string;
  /** The name of a host, or what is not ours: `pocket network`, `backends`, `managed Redis` and its like. */
  to: string;
  port: number;
  protocol: 'tcp';
  /** What it is for, in a few words. */
  purpose: string;
  /** Which of our published ports is reached; absent for what is not ours. */
  service?: PortName;
}

type Arrow = readonly [from: GroupName, to: PortName, purpose: string];

const ALWAYS: readonly Arrow[] = [
  ['temporal_hosts', 'postgres', 'Temporal keeps workflows in PostgreSQL'],
  ['provider_hosts', 'postgres', 'Provider keeps its data in PostgreSQL'],
  ['provider_hosts', 'temporal', 'Provider runs workflows on Temporal'],
  ['middleman_hosts', 'postgres', 'Middleman keeps its data in PostgreSQL'],
  ['middleman_hosts', 'temporal', 'Middleman runs workflows on Temporal'],
  ['relay_relayers', 'redis', 'relayer publishes relays to Redis'],
  ['relay_miners', 'redis', 'miner consumes relays from Redis'],
  ['reverse_proxy_hosts', 'relayer', 'proxy forwards relays'],
  ['reverse_proxy_hosts', 'relayer-health', 'proxy asks which relayers are ready'],
  ['monitoring_hosts', 'relayer-metrics', 'Prometheus scrapes relayers'],
  ['monitoring_hosts', 'miner', 'Prometheus scrapes miners'],
  ['monitoring_hosts', 'node-exporter', 'Prometheus scrapes hosts'],
  ['monitoring_hosts', 'redis-exporter', 'Prometheus scrapes Redis'],
  ['monitoring_hosts', 'postgres-exporter', 'Prometheus scrapes PostgreSQL'],
  ['monitoring_hosts', 'provider-web', 'Prometheus scrapes the health of the Provider'],
  ['monitoring_hosts', 'middleman-web', 'Prometheus scrapes the health of the Middleman'],
  ['monitoring_hosts', 'temporal', 'Prometheus scrapes the health of Temporal'],
];

const SENTINEL: readonly Arrow[] = [
  ['redis_hosts', 'redis', 'Redis replicates, and Sentinels watch it'],
  ['redis_hosts', 'sentinel', 'Sentinels agree on the primary'],
  ['relay_relayers', 'sentinel', 'relayer asks which Redis is the primary'],
  ['relay_miners', 'sentinel', 'miner asks which Redis is the primary'],
];

const CHAIN: readonly [from: GroupName, endpoint: 'rpc' | 'grpc' | 'api', purpose: string][] = [
  ['relay_relayers', 'rpc', 'relayer reads blocks'],
  ['relay_relayers', 'grpc', 'relayer reads chain state'],
  ['relay_miners', 'rpc', 'miner follows blocks'],
  ['relay_miners', 'grpc', 'miner sends claims and proofs'],
  ['provider_hosts', 'rpc', 'Provider reads and sends transactions'],
  ['provider_hosts', 'api', 'Provider reads chain state'],
  ['middleman_hosts', 'rpc', 'Middleman reads and sends transactions'],
  ['middleman_hosts', 'api', 'Middleman reads chain state'],
  ['pocket_cli_hosts', 'rpc', 'pocketd asks the chain'],
  ['pocket_cli_hosts', 'grpc', 'pocketd asks the chain'],
];

const MANAGED = [
  ['relay_relayers', 'redis', 'relayer publishes relays to Redis'],
  ['relay_miners', 'redis', 'miner consumes relays from Redis'],
  ['temporal_hosts', 'postgres', 'Temporal keeps workflows in PostgreSQL'],
  ['provider_hosts', 'postgres', 'Provider keeps its data in PostgreSQL'],
  ['middleman_hosts', 'postgres', 'Middleman keeps its data in PostgreSQL'],
  ['provider_hosts', 'temporal', 'Provider runs workflows on Temporal'],
  ['middleman_hosts', 'temporal', 'Middleman runs workflows on Temporal'],
] as const;

/** What measures a managed service, from the host that runs Prometheus. */
const MANAGED_EXPORTERS = [
  ['redis-exporter', 'redis', 'exporter measures Redis'],
  ['postgres-exporter', 'postgres', 'exporter measures PostgreSQL'],
] as const;

/**
 * Who talks to whom, derived from the groups. Bind addresses, firewall rules and the topology picture follow from
 * this list; a connection within one host goes over its Docker network and is listed too.
 */
export function deriveConnections(profile: Profile, hosts: readonly Host[]): Connection[] {
  const wanted = [
    ...ALWAYS,
    ...(profile.redis.mode === 'sentinel' ? SENTINEL : []),
    ...proxied(profile),
  ];
  const internal = wanted.flatMap(([from, service, purpose]) =>
    membersOf(profile, from).flatMap((source) =>
      publishersOf(profile, service).map(
        (target): Connection => ({ ...arrow(source, target, service), purpose }),
      ),
    ),
  );
  const relays = membersOf(profile, 'reverse_proxy_hosts').flatMap((name): Connection[] => [
    { ...arrow('internet', name, 'http'), purpose: 'certificates, and redirects to https' },
    { ...arrow('internet', name, 'https'), purpose: publicPurpose(profile) },
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
  return [...ssh, ...relays, ...internal, ...managed(profile, hosts), ...outward(profile, hosts)];
}

/** What the proxy forwards besides relays: only what has a name there. */
function proxied(profile: Profile): Arrow[] {
  const { provider_domain, provider_public_api_domain, middleman_domain, grafana_domain } = profile;
  const arrows: Arrow[] = [];
  if (provider_domain || provider_public_api_domain)
    arrows.push(['reverse_proxy_hosts', 'provider-web', 'proxy forwards to the Provider']);
  if (middleman_domain)
    arrows.push(['reverse_proxy_hosts', 'middleman-web', 'proxy forwards to the Middleman']);
  if (grafana_domain) arrows.push(['reverse_proxy_hosts', 'grafana', 'proxy forwards to Grafana']);
  return arrows;
}

function publicPurpose(profile: Profile): string {
  const served = [
    profile.relay_public_domain && 'relays',
    profile.provider_public_api_domain && 'the Provider’s API',
    profile.provider_domain && 'the Provider’s portal',
    profile.middleman_domain && 'the Middleman',
    profile.grafana_domain && 'Grafana',
  ];
  return served.filter(Boolean).join(', ');
}

/** What is sent to services that somebody else runs, which may be on a host of the profile. */
function managed(profile: Profile, hosts: readonly Host[]): Connection[] {
  const names = { redis: 'Redis', postgres: 'PostgreSQL', temporal: 'Temporal' };
  const exporters = MANAGED_EXPORTERS.map(
    ([name, service, purpose]) => [publishersOf(profile, name), service, purpose] as const,
  );
  const users = MANAGED.map(
    ([group, service, purpose]) => [membersOf(profile, group), service, purpose] as const,
  );
  const endpoints = [...externalEndpoints(profile)];
  return [...users, ...exporters].flatMap(([from, service, purpose]) => {
    if (profile[service].mode !== 'external') return [];
    const key = service === 'redis' ? 'redis_url' : service;
    return endpoints
      .filter(({ path }) => path[0] === key)
      .flatMap(({ host, port }) =>
        from.map(
          (source): Connection => ({
            ...{ from: source, to: hostAt(hosts, host) ?? `managed ${names[service]}` },
            ...{ port, protocol: 'tcp', purpose },
          }),
        ),
      );
  });
}

/** What is asked of the chain and of backends, which may run on a host of the profile, beside what is ours. */
function outward(profile: Profile, hosts: readonly Host[]): Connection[] {
  const network = networkOf(profile);
  const urls = { rpc: network.rpcUrl, grpc: network.grpcAddress, api: network.apiUrl };
  const chain = CHAIN.flatMap(([group, endpoint, purpose]) => {
    const url = urls[endpoint];
    if (url === undefined) return [];
    const { host, port } = hostAndPort(url);
    const to = hostAt(hosts, host) ?? 'pocket network';
    return membersOf(profile, group).map(
      (from): Connection => ({ from, to, port, protocol: 'tcp', purpose }),
    );
  });
  const backends = [...externalEndpoints(profile)]
    .filter(({ path }) => path[0] === 'relayminer')
    .flatMap(({ path, host, port }) =>
      membersOf(profile, 'relay_relayers').map(
        (from): Connection => ({
          ...{ from, to: hostAt(hosts, host) ?? 'backends', port, protocol: 'tcp' },
          purpose: `relayer asks the backend of ${path[2]}`,
        }),
      ),
    );
  return [...chain, ...backends];
}

function hostAt(hosts: readonly Host[], address: string): string | undefined {
  return hosts.find((host) => host.address === address || host.privateAddress === address)?.name;
}

function arrow(from: string, to: string, service: PortName): Omit<Connection, 'purpose'> {
  return { from, to, port: PORTS[service].port, protocol: 'tcp', service };
}
