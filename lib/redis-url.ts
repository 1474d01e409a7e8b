import type { Endpoint } from './endpoints.ts';

/** What a URL of Redis says. */
export interface RedisTarget {
  /** Whether it is spoken through TLS. */
  tls: boolean;
  /** The servers that are named: one Redis, or Sentinels that know the primary. */
  servers: Endpoint[];
  /** What the Sentinels call the primary; absent for a Redis that is named itself. */
  primaryName?: string;
}

/** The port where a URL of the form names none (redis.io, docs, Redis URI; only one Redis may leave it out). */
const DEFAULT_PORT = 6379;

/**
 * Reads a URL without credentials: `redis://host:port/db`, `rediss://…`, or `redis-sentinel://host:port,host:port/name`.
 * The forms are those that RelayMiner dials (pocket-relay-miner, transport/redis/client.go, v0.1.x).
 * Throws TypeError on any other.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const form = /^(rediss?|redis-sentinel):\/\/([^/?@]+)(?:\/([^/?]*))?(?:\?.*)?$/.exec(url);
  if (!form) throw new TypeError('not a URL of Redis without credentials');
  const [, scheme, hosts = '', path = ''] = form;
  const servers = hosts.split(',').map(serverOf);
  if (scheme !== 'redis-sentinel') return { tls: scheme === 'rediss', servers };
  return { tls: false, servers, primaryName: path };
}

/** The same URL with credentials, percent-encoded; as it is without a password. */
export function withCredentials(url: string, user = '', password?: string): string {
  if (password === undefined) return url;
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return url.replace('://', () => `://${credentials}@`);
}

function serverOf(text: string): Endpoint {
  const [, bracketed, name, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? name;
  if (host === undefined) throw new TypeError('not a URL of Redis without credentials');
  return { host, port: port === undefined ? DEFAULT_PORT : Number(port) };
}
