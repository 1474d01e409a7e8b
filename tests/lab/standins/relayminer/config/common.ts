/** Keys that relayer and miner share. Source: pokt-network/pocket-relay-miner, config/ and logging/, both lines. */
import type { Line } from '../line.ts';
import { boolean, type Fields, integer, list, only, struct, text } from './fields.ts';
import { check, type Value } from './rules.ts';

const namespacePrefixes = {
  cache: 'cache',
  events: 'events',
  streams: 'relays',
  miner: 'miner',
  supplier: 'supplier',
  meter: 'meter',
  params: 'params',
  consumer_group: 'miners',
};

/** The `redis` keys of both processes. */
export const redisFields: Fields = {
  url: text('redis://localhost:6379'),
  pool_size: integer(),
  min_idle_conns: integer(),
  pool_timeout_seconds: integer(),
  conn_max_idle_time_seconds: integer(),
  namespace: struct({
    base_prefix: text('ha'),
    ...Object.fromEntries(
      Object.entries(namespacePrefixes).map(([name, value]) => [`${name}_prefix`, text(value)]),
    ),
  }),
};

/** The `keys` section. */
export const keyFields: Fields = {
  keys_file: text(),
  ...only('snapshot', { keys_dir: text() }),
  keyring: struct({
    backend: text(),
    dir: text(),
    app_name: text('pocket'),
    key_names: list(text()),
    ...only('released', { passphrase_file: text(), passphrase_env: text() }),
  }),
  ...only('released', { hot_reload_enabled: boolean(true) }),
};

/** `metrics`, `pprof` and `logging`; the defaults differ by process. */
export function observabilityFields(
  metrics: string,
  pprof: { enabled: boolean; addr: string },
): Fields {
  return {
    metrics: struct({ enabled: boolean(true), addr: text(metrics) }),
    pprof: struct({ enabled: boolean(pprof.enabled), addr: text(pprof.addr) }),
    logging: struct({
      level: text('info'),
      format: text('json'),
      async: boolean(),
      async_buffer_size: integer(100_000),
      async_poll_interval: integer(100),
      sampling: boolean(),
      sampling_initial: integer(100),
      sampling_thereafter: integer(10),
      enable_caller: boolean(),
    }),
  };
}

/** Refuses what either process refuses in `redis`. */
export function checkRedis(redis: Value, line: Line): void {
  check(redis.url !== '', 'redis.url is required');
  for (const key of [
    'pool_size',
    'min_idle_conns',
    'pool_timeout_seconds',
    'conn_max_idle_time_seconds',
  ])
    check(redis[key] >= 0, `redis.${key} must not be negative, got ${redis[key]}`);
  if (line === 'snapshot') return;
  for (const [name, historical] of Object.entries(namespacePrefixes)) {
    const value = redis.namespace[`${name}_prefix`];
    check(
      value === historical,
      `redis.namespace.${name}_prefix: per-family prefixes are no longer supported, got "${value}"`,
    );
  }
}

/** How many key sources a configuration names. */
export function keySources(keys: Value): number {
  return [keys.keys_file, keys.keys_dir, keys.keyring.backend].filter(Boolean).length;
}

/** Refuses what the released line refuses in `keys`, for both processes. */
export function checkReleasedKeys(keys: Value): void {
  const { keyring } = keys;
  check(
    keySources(keys) === 1,
    `keys: exactly one of keys_file and keyring must be configured, got ${keySources(keys)}`,
  );
  if (!keyring.backend) return;
  check(
    ['file', 'test'].includes(keyring.backend),
    `keys.keyring.backend "${keyring.backend}" is not supported: use file or test`,
  );
  check(keyring.dir !== '', 'keys.keyring.dir is required');
  const passphrase = keyring.passphrase_file || keyring.passphrase_env;
  check(
    !(keyring.passphrase_file && keyring.passphrase_env),
    'keys.keyring: passphrase_file and passphrase_env are mutually exclusive',
  );
  check(
    !(keyring.backend === 'test' && passphrase),
    'keys.keyring: backend test takes no passphrase',
  );
}

/** Refuses missing node addresses. */
export function checkNode(node: Value): void {
  check(node.query_node_rpc_url !== '', 'pocket_node.query_node_rpc_url is required');
  check(node.query_node_grpc_url !== '', 'pocket_node.query_node_grpc_url is required');
}

/** The released line names its log levels; before it, anything unknown meant info. */
export function checkLogging(logging: Value, line: Line): void {
  if (line === 'snapshot') return;
  check(
    ['debug', 'info', 'warn', 'error'].includes(logging.level),
    `logging.level "${logging.level}" is not one of debug, info, warn, error`,
  );
}
