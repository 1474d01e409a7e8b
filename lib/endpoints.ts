import type { Connection } from './connections.ts';
import type { Host } from './hosts.ts';
import { PORTS, type PortName } from './ports.ts';
import type { Profile } from './profile/schema.ts';
import { withCredentials } from './redis-url.ts';

/** Where something can be reached. */
export interface Endpoint {
  /** A name or an IP address, IPv6 without brackets. */
  host: string;
  port: number;
}

/** Where something is watched that runs on a host. */
interface Watched<Job extends string> extends Endpoint {
  /** The job of Prometheus. */
  job: Job;
  /** The name of the host it runs on. */
  on: string;
}

/** What Prometheus scrapes. */
export type ScrapeTarget = Watched<'relayers' | 'miners' | 'hosts' | 'redis' | 'postgres'>;

/** What has no metrics and tells its health. */
export type HealthTarget = Watched<'provider' | 'middleman' | 'temporal'>;

/** How the parts of a deployment find one another. */
export interface Endpoints {
  /**
   * Where the containers of a host reach a service: its alias on the shared Docker network when it runs on the same
   * host, else the private address of the host it runs on. Where several hosts run it, the same host comes first.
   * A managed PostgreSQL or Temporal is at its own address. Throws when no host runs the service.
   */
  endpoint(service: PortName, from: Host): Endpoint;
  /** The same for every host that runs the service, in the profile's order. */
  endpointsOf(service: PortName, from: Host): Endpoint[];
  /**
   * What relayer and miner are given: `redis://:password@host:port/0`; of Sentinels, the private address of every one,
   * `redis-sentinel://:password@host:port,…/pocket`; of a managed Redis its own URL with user and password, if it has
   * any. Both are percent-encoded.
   */
  redisUrl(from: Host, password: string | undefined): string;
  /** `postgres://user:password@host:port/database?sslmode=…`: our PostgreSQL has no TLS, and clients insist. */
  databaseUrl(from: Host, database: string, password: string): string;
  /** `host:port`. */
  temporalAddress(from: Host): string;
  /** Every relayer, as `host:port`, as a proxy on that host reaches it. */
  relayUpstreams(proxy: Host): string[];
  /** Everything that has metrics, as a Prometheus on that host reaches it. */
  scrapeTargets(from: Host): ScrapeTarget[];
  /** Everything of ours that tells its health instead, as a blackbox exporter on that host reaches it. */
  healthTargets(from: Host): HealthTarget[];
  /**
   * The addresses to publish a port at: loopback, and the private address when another host connects to it or
   * `firewall.allow` lets somebody else in; all addresses for the proxy's own. IPv6 without brackets. Throws when the
   * host lacks the private address it needs.
   */
  bindAddresses(service: PortName, host: Host): string[];
}

/** What our Sentinels call the primary that they watch. */
export const PRIMARY_NAME = 'pocket';

/** TLS to PostgreSQL, as node-postgres names it; ours has none, a managed one has it unless the profile says no. */
export function sslMode({ postgres }: Pick<Profile, 'postgres'>) {
  return postgres.sslmode ?? (postgres.mode === 'external' ? 'verify-full' : 'disable');
}

/** An endpoint as `host:port`, IPv6 in brackets. */
export function hostPort({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Derives {@link Endpoints} from the groups and the connections between them. */
export function deriveEndpoints(
  publishers: (service: PortName) => readonly Host[],
  connections: readonly Connection[],
  profile: Profile,
): Endpoints {
  const { redis, postgres, redis_url } = profile;
  const reach = (service: PortName, from: Host, target: Host): Endpoint => {
    const { alias, port } = PORTS[service];
    return { host: from.name === target.name ? alias : privateAddress(target), port };
  };
  const endpointsOf = (service: PortName, from: Host) =>
    publishers(service).map((target) => reach(service, from, target));
  const endpoint = (service: PortName, from: Host) => {
    const managed = managedEndpoint(profile, service);
    if (managed) return managed;
    const targets = publishers(service);
    const target = targets.find(({ name }) => name === from.name) ?? targets[0];
    if (!target) throw new Error(`no host runs ${service}`);
    return reach(service, from, target);
  };
  const watched = <Job extends string>(job: Job, service: PortName, from: Host) =>
    publishers(service).map(
      (target): Watched<Job> => ({ job, on: target.name, ...reach(service, from, target) }),
    );
  return {
    endpoint,
    endpointsOf,
    redisUrl: (from, password) => {
      if (redis_url !== undefined) return withCredentials(redis_url, redis.user, password);
      if (redis.mode !== 'sentinel')
        return withCredentials(`redis://${hostPort(endpoint('redis', from))}/0`, '', password);
      // Sentinels tell private addresses, so those are used throughout, also on a Sentinel's own host.
      const sentinels = publishers('sentinel').map((host) =>
        hostPort({ host: privateAddress(host), port: PORTS.sentinel.port }),
      );
      return withCredentials(`redis-sentinel://${sentinels.join()}/${PRIMARY_NAME}`, '', password);
    },
    databaseUrl: (from, database, password) =>
      `postgres://${encodeURIComponent(postgres.user)}:${encodeURIComponent(password)}` +
      `@${hostPort(endpoint('postgres', from))}/${encodeURIComponent(database)}?sslmode=${sslMode(profile)}`,
    temporalAddress: (from) => hostPort(endpoint('temporal', from)),
    relayUpstreams: (proxy) => endpointsOf('relayer', proxy).map(hostPort),
    scrapeTargets: (from) => [
      ...watched('relayers', 'relayer-metrics', from),
      ...watched('miners', 'miner', from),
      ...watched('hosts', 'node-exporter', from),
      ...watched('redis', 'redis-exporter', from),
      ...watched('postgres', 'postgres-exporter', from),
    ],
    healthTargets: (from) => [
      ...watched('provider', 'provider-web', from),
      ...watched('middleman', 'middleman-web', from),
      ...watched('temporal', 'temporal', from),
    ],
    bindAddresses: (service, host) => {
      if (PORTS[service].public) return ['0.0.0.0', '::'];
      const reached =
        connections.some(
          (one) => one.service === service && one.to === host.name && one.from !== host.name,
        ) ||
        (isAllowed(profile, service) && publishers(service).some(({ name }) => name === host.name));
      return reached ? ['127.0.0.1', privateAddress(host)] : ['127.0.0.1'];
    },
  };
}

/** Whether the profile lets somebody in at a port whom it does not know. */
function isAllowed({ firewall }: Profile, service: PortName): boolean {
  return firewall.enabled && firewall.allow.some(({ port }) => port === PORTS[service].port);
}

function managedEndpoint(profile: Profile, service: PortName): Endpoint | undefined {
  if (service !== 'postgres' && service !== 'temporal') return undefined;
  const { address } = profile[service];
  if (address === undefined) return undefined;
  const colon = address.lastIndexOf(':');
  return {
    host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
  };
}

function privateAddress(host: Host): string {
  if (host.privateAddress) return host.privateAddress;
  throw new Error(`hosts.${host.name} needs a private_address: other hosts connect to it`);
}
