/** The miner's keys and rules. Source: pokt-network/pocket-relay-miner, miner/config.go, both lines. */
import type { Line } from '../line.ts';
import {
  checkLogging,
  checkNode,
  checkRedis,
  checkReleasedKeys,
  keyFields,
  keySources,
  observabilityFields,
  redisFields,
} from './common.ts';
import {
  boolean,
  duration,
  type Fields,
  integer,
  list,
  map,
  number,
  only,
  struct,
  text,
} from './fields.ts';
import { check, type Value } from './rules.ts';

/** Every key the miner of a line knows. */
export function minerFields(line: Line): Fields {
  const released = line === 'released';
  return {
    redis: struct({
      ...redisFields,
      consumer_name: text(),
      claim_idle_timeout_ms: integer(60_000),
      ...only('released', { relay_batch_flush_interval_ms: integer(15_000) }),
    }),
    pocket_node: struct({
      query_node_rpc_url: text(),
      query_node_grpc_url: text(),
      grpc_insecure: boolean(),
      query_timeout_seconds: integer(5),
      chain_id: text('pocket'),
    }),
    keys: struct(keyFields),
    ...observabilityFields(':9092', {
      enabled: false,
      addr: released ? '127.0.0.1:6060' : ':6060',
    }),
    block_time_seconds: integer(released ? 0 : 30),
    batch_size: integer(1000),
    cache_ttl: duration('2h'),
    session_ttl: duration(),
    submission_tracking_ttl: duration('24h'),
    supplier_reconcile_interval_seconds: integer(60),
    known_applications: list(text()),
    leader_election: struct({
      leader_ttl_seconds: integer(30),
      heartbeat_rate_seconds: integer(10),
    }),
    supplier_claiming: struct({
      claim_ttl_seconds: integer(90),
      renew_rate_seconds: integer(10),
      rebalance_interval_seconds: integer(30),
    }),
    session_lifecycle: struct({ max_concurrent_transitions: integer(10) }),
    balance_monitor: struct({
      enabled: boolean(true),
      check_interval_seconds: integer(300),
      balance_threshold_upokt: integer(1_000_000),
      stake_warning_proof_threshold: integer(10),
      stake_critical_proof_threshold: integer(3),
    }),
    block_health_monitor: struct({ enabled: boolean(released), slowness_threshold: number(1.5) }),
    default_service_factor: number(0),
    service_factors: map(number()),
    ...only('released', { service_factor_republish_interval: duration('5m') }),
    worker_pools: struct({
      master_pool_size: integer(),
      cpu_multiplier: integer(4),
      workers_per_supplier: integer(6),
      query_workers: integer(20),
      ...only('snapshot', { settlement_workers: integer(2) }),
    }),
    transaction: struct({
      gas_limit: integer(),
      gas_price: text('0.000001upokt'),
      gas_adjustment: number(1.7),
      disable_pre_proof_claim_verification: boolean(),
      inclusion_reconciler_max_concurrent: integer(64),
      max_rebroadcasts: integer(released ? null : 1),
      rebroadcast_safety_blocks: integer(1),
      inclusion_reconciler_per_group_timeout_ms: integer(10_000),
      ...only('released', {
        tx_max_concurrent: integer(32),
        tx_rpc_timeout_seconds: integer(30),
        tx_conn_probe_interval_seconds: integer(60),
      }),
      ...only('snapshot', {
        disable_claim_batching: boolean(),
        disable_proof_batching: boolean(),
        disable_inclusion_reconciler: boolean(),
        tx_timeout_min_seconds: integer(120),
        tx_timeout_max_seconds: integer(590),
        tx_timeout_default_seconds: integer(120),
        tx_timeout_clock_skew_buffer_seconds: integer(60),
      }),
    }),
    ...only('snapshot', {
      deduplication_ttl_blocks: integer(10),
      ack_batch_size: integer(50),
      hot_reload_enabled: boolean(true),
      smst_live_root_checkpoint_interval: integer(10),
      settlement_monitor: struct({ enabled: boolean() }),
    }),
  };
}

function checkSnapshotKeys(keys: Value): void {
  check(keySources(keys) > 0, 'keys: at least one key source is required');
  const { backend } = keys.keyring;
  check(
    !backend || ['file', 'os', 'test', 'memory'].includes(backend),
    `keys.keyring.backend "${backend}" is unknown`,
  );
}

/** Throws a `ConfigError` for the first rule the miner of a line finds broken; returns warnings. */
export function checkMiner(config: Value, line: Line): string[] {
  checkRedis(config.redis, line);
  checkNode(config.pocket_node);
  checkLogging(config.logging, line);
  if (line === 'released') {
    checkReleasedKeys(config.keys);
    check(config.block_time_seconds > 0, 'block_time_seconds is required and must be above 0');
    const { relay_batch_flush_interval_ms: flush, claim_idle_timeout_ms: idle } = config.redis;
    check(
      flush <= idle / 4,
      `redis.relay_batch_flush_interval_ms ${flush} must be at most a quarter of claim_idle_timeout_ms ${idle}`,
    );
  } else checkSnapshotKeys(config.keys);
  const { leader_ttl_seconds: ttl, heartbeat_rate_seconds: beat } = config.leader_election;
  check(
    beat < ttl,
    `leader_election.heartbeat_rate_seconds ${beat} must be below leader_ttl_seconds ${ttl}`,
  );
  const { claim_ttl_seconds: claim, renew_rate_seconds: renew } = config.supplier_claiming;
  check(
    renew < claim,
    `supplier_claiming.renew_rate_seconds ${renew} must be below claim_ttl_seconds ${claim}`,
  );
  return beat > ttl / 2 ? ['leader_election.heartbeat_rate_seconds is above half of the ttl'] : [];
}
