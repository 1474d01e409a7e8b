import type { Deployment, Host } from '../deployment.ts';
import { hostPort } from '../endpoints.ts';
import { GATEWAY } from '../pocket-gateway.ts';
import { PORTS } from '../ports.ts';

/** Whether a host runs the exporter of that name. */
export function runsExporter(
  deployment: Deployment,
  host: Host,
  name: 'redis-exporter' | 'postgres-exporter',
): boolean {
  return deployment.publishers(name).some((one) => one.name === host.name);
}

/**
 * Where the exporter of a host listens, as its options: it uses the host's own network. The Prometheus of the same
 * host is in a container, which does not reach the host's loopback, and a single host has no private address.
 */
export function nodeExporterListen(deployment: Deployment, host: Host): string {
  const { port } = PORTS['node-exporter'];
  const isMonitor = deployment.group('monitoring_hosts').some(({ name }) => name === host.name);
  const addresses = [
    ...deployment.bindAddresses('node-exporter', host).map((one) => hostPort({ host: one, port })),
    ...(isMonitor ? [`${GATEWAY}:${port}`] : []),
  ];
  return addresses.map((address) => `--web.listen-address=${address}`).join(' ');
}

/** The URL, without a password, of the Redis that the exporter of a host asks: its own, or the managed one. */
export function redisSource(deployment: Deployment, host: Host): string {
  const { redis, redis_url: url } = deployment.profile;
  if (redis.mode === 'external' && url) {
    return redis.user ? url.replace('://', `://${encodeURIComponent(redis.user)}@`) : url;
  }
  return `redis://${hostPort(deployment.endpoint('redis', host))}`;
}

/**
 * The PostgreSQL that the exporter of a host asks, as its DATA_SOURCE_URI: host, port, database and TLS, without user and
 * password. It is the URL that everybody uses, but that the exporter calls TLS without a check of the certificate
 * `require`. Source: postgres_exporter, README, v0.17; lib/pq, doc.go, v1.10.
 */
export function postgresSource(deployment: Deployment, host: Host): string {
  const url = new URL(deployment.databaseUrl(host, 'postgres', ''));
  return `${url.host}${url.pathname}${url.search.replace('no-verify', 'require')}`;
}
