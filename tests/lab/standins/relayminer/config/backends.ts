/** Rules for `services.<id>.backends`. Source: pokt-network/pocket-relay-miner, relayer/config.go and pool/, both lines. */
import type { Line } from '../line.ts';
import { check, type Value } from './rules.ts';

export const backendTypes = ['jsonrpc', 'rest', 'websocket', 'grpc', 'cometbft'] as const;

const hints: Record<string, string> = {
  ws: 'websocket',
  wss: 'websocket',
  http: 'jsonrpc or rest',
  https: 'jsonrpc or rest',
  json_rpc: 'jsonrpc',
  comet_bft: 'cometbft',
};

/** One backend address with a name, as the pool knows it. */
export type Endpoint = { name: string; url: string };

/** The endpoints of a backend, from `url` or `urls`. */
export function endpoints(backend: Value): Endpoint[] {
  return backend.url ? [{ name: '', url: backend.url }] : backend.urls;
}

function parseUrl(url: string, type: string, where: string): URL {
  const complete = type === 'grpc' && !url.includes('://') ? `http://${url}` : url;
  check(
    URL.canParse(complete) && /^[a-z]+:\/\//.test(complete),
    `${where}: cannot build endpoint "${url}"`,
  );
  return new URL(complete);
}

function checkScheme(url: string, type: string, where: string, line: Line): void {
  const scheme = url.match(/^([a-z0-9+.-]+):\/\//i)?.[1]?.toLowerCase() ?? '';
  if (type === 'websocket')
    check(
      ['ws', 'wss'].includes(scheme),
      `${where}: websocket needs ws:// or wss://, got "${url}"`,
    );
  if (type === 'grpc' && line === 'released')
    check(
      ['', 'grpc', 'grpcs', 'http', 'https'].includes(scheme),
      `${where}: grpc needs grpc://, grpcs://, http://, https:// or host:port, got "${url}"`,
    );
}

function checkHealth(backend: Value, where: string): void {
  const health = backend.health_check;
  if (!health.enabled) return;
  check(
    health.endpoint !== '' || backend.base_path !== '',
    `${where}.health_check.endpoint is required when enabled`,
  );
  check(health.interval_seconds > 0, `${where}.health_check.interval_seconds must be above 0`);
}

function checkBackend(backend: Value, type: string, where: string, line: Line): void {
  const single = backend.url !== '';
  check(single !== backend.urls.length > 0, `${where}: exactly one of url and urls is required`);
  const addresses = new Set<string>();
  const names = new Set<string>();
  for (const { name, url } of endpoints(backend)) {
    checkScheme(url, type, where, line);
    const { host, pathname } = parseUrl(url, type, where);
    check(!addresses.has(host + pathname), `${where}: duplicate url "${url}"`);
    check(!name || !names.has(name), `${where}: duplicate name "${name}"`);
    addresses.add(host + pathname);
    names.add(name);
  }
  check(
    ['', 'round_robin', 'first_healthy'].includes(backend.load_balancing),
    `${where}.load_balancing must be round_robin or first_healthy, got "${backend.load_balancing}"`,
  );
  check(
    backend.max_retries >= 0 && backend.max_retries <= 3,
    `${where}.max_retries must be 0-3, got ${backend.max_retries}`,
  );
  checkHealth(backend, where);
}

/** Refuses what the relayer refuses in the backends of one service. */
export function checkBackends(service: Value, where: string, line: Line): void {
  const entries = Object.entries<Value>(service.backends);
  check(entries.length > 0, `${where}: at least one backend is required`);
  const known: readonly string[] = backendTypes;
  check(
    known.includes(service.default_backend),
    `${where}.default_backend "${service.default_backend}" is not one of ${known.join(', ')}`,
  );
  for (const [type, backend] of entries) {
    const hint = hints[type] ? ` (did you mean ${hints[type]}?)` : '';
    check(known.includes(type), `${where}.backends.${type}: unknown backend type${hint}`);
    checkBackend(backend, type, `${where}.backends.${type}`, line);
  }
}
