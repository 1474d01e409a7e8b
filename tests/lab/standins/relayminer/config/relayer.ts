/** The relayer's keys and rules. Source: pokt-network/pocket-relay-miner, relayer/config.go, both lines. */
import type { Line } from '../line.ts';
import { checkBackends } from './backends.ts';
import {
  checkLogging,
  checkNode,
  checkRedis,
  checkReleasedKeys,
  keyFields,
  observabilityFields,
  redisFields,
} from './common.ts';
import {
  boolean,
  duration,
  type Field,
  type Fields,
  integer,
  list,
  map,
  only,
  struct,
  text,
} from './fields.ts';
import { check, type Value } from './rules.ts';
import { checkSimulation, simulationFields } from './simulation.ts';

const timeoutProfile = struct({
  name: text(),
  request_timeout_seconds: integer(),
  response_header_timeout_seconds: integer(),
  dial_timeout_seconds: integer(),
  tls_handshake_timeout_seconds: integer(),
});
const poolKeys = ['max_conns_per_host', 'max_idle_conns_per_host', 'idle_conn_timeout_seconds'];
const poolProfile = struct({
  name: text(),
  ...Object.fromEntries(poolKeys.map((key) => [key, integer()])),
});

function timeouts(request: number, header: number, dial: number, tls: number): Value {
  return {
    request_timeout_seconds: request,
    response_header_timeout_seconds: header,
    dial_timeout_seconds: dial,
    tls_handshake_timeout_seconds: tls,
  };
}

function pool(max: number, idle: number, seconds: number): Value {
  return {
    max_conns_per_host: max,
    max_idle_conns_per_host: idle,
    idle_conn_timeout_seconds: seconds,
  };
}

const backend: Field = struct({
  url: text(),
  urls: list({ kind: 'endpoint' }),
  base_path: text(),
  load_balancing: text(),
  headers: map(text()),
  authentication: struct({
    username: text(),
    password: text(),
    bearer_token: text(),
    plain_token: text(),
  }),
  max_retries: integer(1),
  recovery_timeout_seconds: integer(30),
  health_check: struct({
    enabled: boolean(),
    endpoint: text(),
    interval_seconds: integer(),
    timeout_seconds: integer(5),
    unhealthy_threshold: integer(3),
    healthy_threshold: integer(2),
    method: text('GET'),
    request_body: text(),
    content_type: text(),
    expected_body: text(),
    expected_status: list(integer()),
    headers: map(text()),
  }),
});

const sizes = only('released', {
  max_request_body_size_bytes: integer(),
  max_response_body_size_bytes: integer(),
  validation_queue_max_mib: integer(),
});

const service = struct({
  validation_mode: text(),
  timeout_profile: text('fast'),
  pool_profile: text(),
  max_body_size_bytes: integer(),
  default_backend: text('jsonrpc'),
  backends: map(backend),
  ...sizes,
});

/** Every key the relayer of a line knows. */
export function relayerFields(line: Line): Fields {
  return {
    listen_addr: text('0.0.0.0:8080'),
    redis: struct({
      ...redisFields,
      ...only('released', {
        batch_publish_interval_ms: integer(1000),
        batch_max_queued_mib: integer(512),
      }),
    }),
    pocket_node: struct({
      query_node_rpc_url: text(),
      query_node_grpc_url: text(),
      grpc_insecure: boolean(),
    }),
    keys: struct(keyFields),
    services: map(service),
    default_validation_mode: text('optimistic'),
    default_request_timeout_seconds: integer(30),
    default_max_body_size_bytes: integer(10_485_760),
    ...only('released', {
      default_max_request_body_size_bytes: integer(),
      default_max_response_body_size_bytes: integer(),
      default_validation_queue_max_mib: integer(128),
    }),
    ...observabilityFields('0.0.0.0:9090', {
      enabled: true,
      addr: line === 'released' ? '127.0.0.1:6060' : '0.0.0.0:6060',
    }),
    health_check: struct({ enabled: boolean(true), addr: text('0.0.0.0:8081') }),
    cache_warmup: struct({
      enabled: boolean(true),
      known_applications: list(text()),
      warmup_concurrency: integer(10),
      warmup_timeout_seconds: integer(5),
    }),
    relay_meter: struct({
      cache_ttl: duration('2h'),
      ...only('snapshot', {
        enabled: boolean(true),
        fail_behavior: text('open'),
        redis_key_prefix: text('ha'),
      }),
    }),
    response_compression: struct({ enabled: boolean(), min_size_bytes: integer(1024) }),
    http_transport: struct({
      max_idle_conns: integer(500),
      max_idle_conns_per_host: integer(100),
      max_conns_per_host: integer(500),
      idle_conn_timeout_seconds: integer(90),
      dial_timeout_seconds: integer(5),
      tls_handshake_timeout_seconds: integer(10),
      response_header_timeout_seconds: integer(30),
      expect_continue_timeout_seconds: integer(1),
      tcp_keep_alive_seconds: integer(30),
      disable_compression: boolean(true),
    }),
    timeout_profiles: map(timeoutProfile, {
      fast: timeouts(30, 30, 5, 10),
      streaming: timeouts(600, 0, 10, 15),
    }),
    pool_profiles: map(poolProfile, {
      low: pool(10, 5, 90),
      medium: pool(100, 20, 90),
      high: pool(250, 50, 90),
    }),
    simulation: simulationFields,
  };
}

function checkMode(mode: string, where: string): void {
  check(
    ['eager', 'optimistic'].includes(mode),
    `${where} must be eager or optimistic, got "${mode}"`,
  );
}

function zeroOrWithin(value: number, low: number, high: number, where: string): void {
  check(
    value === 0 || (value >= low && value <= high),
    `${where} must be 0 or ${low}-${high}, got ${value}`,
  );
}

function checkService(config: Value, id: string, line: Line): void {
  const one = config.services[id];
  const where = `services.${id}`;
  if (one.validation_mode) checkMode(one.validation_mode, `${where}.validation_mode`);
  check(
    Object.hasOwn(config.timeout_profiles, one.timeout_profile),
    `${where}.timeout_profile "${one.timeout_profile}" is not defined`,
  );
  check(
    !one.pool_profile || Object.hasOwn(config.pool_profiles, one.pool_profile),
    `${where}.pool_profile "${one.pool_profile}" is not defined`,
  );
  if (line === 'released')
    zeroOrWithin(one.validation_queue_max_mib, 64, 8192, `${where}.validation_queue_max_mib`);
  checkBackends(one, where, line);
}

/** Throws a `ConfigError` for the first rule the relayer of a line finds broken; returns warnings. */
export function checkRelayer(config: Value, line: Line): string[] {
  check(config.listen_addr !== '', 'listen_addr is required');
  checkRedis(config.redis, line);
  checkNode(config.pocket_node);
  checkLogging(config.logging, line);
  if (line === 'released') {
    checkReleasedKeys(config.keys);
    const { batch_publish_interval_ms, batch_max_queued_mib } = config.redis;
    zeroOrWithin(batch_publish_interval_ms, 500, 10_000, 'redis.batch_publish_interval_ms');
    zeroOrWithin(batch_max_queued_mib, 64, 8192, 'redis.batch_max_queued_mib');
    const queue = config.default_validation_queue_max_mib;
    zeroOrWithin(queue, 64, 8192, 'default_validation_queue_max_mib');
  }
  checkMode(config.default_validation_mode, 'default_validation_mode');
  for (const [name, profile] of Object.entries<Value>(config.pool_profiles))
    for (const key of poolKeys)
      check(profile[key] >= 0, `pool_profiles.${name}.${key} must not be negative`);
  for (const name of ['fast', 'streaming'])
    check(Object.hasOwn(config.timeout_profiles, name), `timeout_profiles.${name} is required`);
  check(Object.keys(config.services).length > 0, 'at least one service is required');
  for (const id of Object.keys(config.services)) checkService(config, id, line);
  return checkSimulation(config.simulation);
}
