/** Time series by their selectors, in promtool's notation, one value a minute. */
export type Series = Record<string, string>;

/** What makes an alert fire, and what looks like it and must not. */
export interface AlertCase {
  fires: Series;
  quiet: Series;
  /** When the alert is looked at, in minutes; 30 where absent. */
  minutes?: number;
}

/** For the whole length of a case. */
const always = (value: number) => `${value}x3000`;
/** A counter that grows by so much a minute. */
const growing = (step: number, from = 0) => `${from}+${step}x3000`;
/** A counter that was not there before its first event, which came in the last minutes of a case that ends at 90. */
const FIRST_EVENT = '_x85 1x100';

const relayer = '{job="relayers",instance="r1"}';
const miner = '{job="miners",instance="m1"}';
const host = '{job="hosts",instance="h1"}';
const redis = '{job="redis",instance="h1"}';
const postgres = (labels = '') => `{job="postgres",instance="h1"${labels}}`;
const disk = '{job="hosts",instance="h1",device="/dev/vda1",mountpoint="/",fstype="ext4"}';
const memoryDisk = '{job="hosts",instance="h1",device="tmpfs",mountpoint="/run",fstype="tmpfs"}';
const probe = '{job="probes",instance="relay.nodes.net"}';
const health = (job: string) => `{job="${job}",instance="h1"}`;
const supplier = '{job="miners",instance="m1",supplier="pokt1a",service_id="eth"}';
const outcome = (what: string) =>
  `{job="miners",instance="m1",supplier="pokt1a",service_id="eth",outcome="${what}"}`;
const formerLeader = '{job="miners",instance="m0",supplier="pokt1a",service_id="eth"}';
/** Of a leader; what only a leader measures, one that leads no more goes on telling as it was. */
const LEADS = {
  'ha_miner_leader_status{job="miners",instance="m0"}': always(0),
  'ha_miner_leader_status{job="miners",instance="m1"}': always(1),
};
const staked = (address: string) =>
  `ha_miner_supplier_stake_upokt{job="miners",instance="m1",supplier="${address}"}`;
const served = (status: string) =>
  `ha_relayer_relays_served_total{job="relayers",instance="r1",service_id="eth",rpc_type="1",status_code="${status}"}`;
const service = '{job="relayers",instance="r1",service_id="eth"}';
const rejected =
  '{job="relayers",instance="r1",service_id="eth",rpc_type="1",reason="backend_5xx"}';

/** Cases by the name of the alert. Of the deployment: three supplier keys, three Redis servers, blocks of 60 seconds. */
export const ALERT_CASES: Record<string, AlertCase> = {
  ScrapeMissing: {
    fires: { [`up${miner}`]: always(0) },
    quiet: { [`up${miner}`]: '1x27 0x1 1x100' },
  },
  AlertRuleFails: {
    fires: { 'prometheus_rule_evaluation_failures_total{rule_group="a"}': growing(1) },
    quiet: { 'prometheus_rule_evaluation_failures_total{rule_group="a"}': always(7) },
  },
  NotificationsDropped: {
    fires: {
      'prometheus_notifications_dropped_total{job="prometheus"}': growing(1),
      'prometheus_notifications_alertmanagers_discovered{job="prometheus"}': always(1),
    },
    // Where nobody is to be told, there is no Alertmanager, and every alert counts as dropped.
    quiet: {
      'prometheus_notifications_dropped_total{job="prometheus"}': growing(1),
      'prometheus_notifications_alertmanagers_discovered{job="prometheus"}': always(0),
    },
  },
  HostDown: {
    fires: { [`up${host}`]: always(0) },
    quiet: { [`up${host}`]: always(1), [`up${miner}`]: always(0) },
  },
  DiskAlmostFull: {
    fires: {
      [`node_filesystem_avail_bytes${disk}`]: always(4e9),
      [`node_filesystem_size_bytes${disk}`]: always(100e9),
    },
    quiet: {
      [`node_filesystem_avail_bytes${disk}`]: always(6e9),
      [`node_filesystem_size_bytes${disk}`]: always(100e9),
      [`node_filesystem_avail_bytes${memoryDisk}`]: always(0),
      [`node_filesystem_size_bytes${memoryDisk}`]: always(1e9),
    },
  },
  DiskFillsUp: {
    fires: {
      [`node_filesystem_avail_bytes${disk}`]: '24e9-20e6x3000',
      [`node_filesystem_size_bytes${disk}`]: always(100e9),
    },
    quiet: {
      [`node_filesystem_avail_bytes${disk}`]: '24e9-1e6x3000',
      [`node_filesystem_size_bytes${disk}`]: always(100e9),
    },
    minutes: 240,
  },
  InodesAlmostUsedUp: {
    fires: {
      [`node_filesystem_files_free${disk}`]: always(10),
      [`node_filesystem_files${disk}`]: always(1000),
    },
    quiet: {
      // btrfs and its like count no files.
      [`node_filesystem_files_free${disk}`]: always(0),
      [`node_filesystem_files${disk}`]: always(0),
    },
  },
  MemoryAlmostUsedUp: {
    fires: {
      [`node_memory_MemAvailable_bytes${host}`]: always(4e8),
      [`node_memory_MemTotal_bytes${host}`]: always(16e9),
    },
    quiet: {
      [`node_memory_MemAvailable_bytes${host}`]: always(2e9),
      [`node_memory_MemTotal_bytes${host}`]: always(16e9),
    },
  },
  OutOfMemoryKill: {
    fires: { [`node_vmstat_oom_kill${host}`]: '3x25 4x100' },
    quiet: { [`node_vmstat_oom_kill${host}`]: always(4) },
  },
  ClockNotSynchronised: {
    fires: { [`node_timex_sync_status${host}`]: always(0) },
    quiet: { [`node_timex_sync_status${host}`]: '0x10 1x100' },
  },
  ClockWrong: {
    fires: { [`node_timex_offset_seconds${host}`]: always(-0.7) },
    quiet: { [`node_timex_offset_seconds${host}`]: always(0.02) },
  },
  NoMinerLeads: {
    fires: { [`ha_miner_leader_status${miner}`]: always(0) },
    quiet: {
      [`ha_miner_leader_status${miner}`]: always(0),
      'ha_miner_leader_status{job="miners",instance="m2"}': always(1),
    },
  },
  SeveralMinersLead: {
    fires: {
      [`ha_miner_leader_status${miner}`]: always(1),
      'ha_miner_leader_status{job="miners",instance="m2"}': always(1),
    },
    quiet: {
      // One hands over to the other: for a moment, both may be seen.
      [`ha_miner_leader_status${miner}`]: '1x29 0x100',
      'ha_miner_leader_status{job="miners",instance="m2"}': '0x28 1x100',
    },
  },
  MinerFallsBehind: {
    fires: { [`ha_miner_session_block_processing_lag${supplier}`]: always(9) },
    quiet: { [`ha_miner_session_block_processing_lag${supplier}`]: '1x20 9x5 1x100' },
  },
  StreamNotDrained: {
    fires: {
      'ha_transport_published_total{job="relayers",supplier_addr="a"}': growing(1000),
      'ha_transport_consumed_total{job="miners",supplier_addr="a"}': always(0),
    },
    quiet: {
      // One host has not been given the release yet, which calls it otherwise.
      'ha_transport_published_total{job="relayers",supplier_addr="a"}': growing(500, 5000),
      'ha_transport_redis_published_total{job="relayers",supplier_addr="a"}': growing(500, 5000),
      'ha_transport_consumed_total{job="miners",supplier_addr="a"}': growing(460),
      'ha_transport_redis_consumed_total{job="miners",supplier_addr="a"}': growing(500),
    },
    minutes: 45,
  },
  ClaimMissing: {
    fires: { [`ha_miner_claim_inclusion_outcome_total${outcome('poll_error')}`]: FIRST_EVENT },
    quiet: {
      [`ha_miner_claim_inclusion_outcome_total${outcome('on_chain_missing')}`]: always(1),
      [`ha_miner_claim_inclusion_outcome_total${outcome('on_chain_found')}`]: growing(1),
    },
    minutes: 90,
  },
  ProofMissing: {
    fires: {
      [`ha_miner_proof_inclusion_outcome_total${outcome('on_chain_rejected')}`]: FIRST_EVENT,
    },
    quiet: {
      [`ha_miner_proof_inclusion_outcome_total${outcome('on_chain_missing')}`]: always(1),
      [`ha_miner_proof_inclusion_outcome_total${outcome('on_chain_found')}`]: growing(1),
    },
    minutes: 90,
  },
  SupplierCannotPay: {
    fires: {
      ...LEADS,
      [`ha_miner_supplier_balance_health_status${supplier}`]: always(0),
      [`ha_miner_supplier_balance_health_status${formerLeader}`]: always(2),
    },
    quiet: {
      ...LEADS,
      [`ha_miner_supplier_balance_health_status${supplier}`]: always(1),
      [`ha_miner_supplier_balance_health_status${formerLeader}`]: always(0),
      [`ha_tx_insufficient_balance_errors_total${supplier}`]: always(2),
    },
    minutes: 90,
  },
  SupplierBalanceLow: {
    fires: {
      ...LEADS,
      [`ha_miner_supplier_balance_health_status${supplier}`]: always(1),
      [`ha_miner_supplier_balance_health_status${formerLeader}`]: always(2),
    },
    quiet: {
      ...LEADS,
      [`ha_miner_supplier_balance_health_status${supplier}`]: always(2),
      [`ha_miner_supplier_balance_health_status${formerLeader}`]: always(1),
    },
  },
  StakeNearMinimum: {
    fires: { [`ha_miner_supplier_stake_critical_alerts_total${supplier}`]: FIRST_EVENT },
    quiet: { [`ha_miner_supplier_stake_critical_alerts_total${supplier}`]: always(1) },
    minutes: 90,
  },
  SuppliersUnclaimed: {
    fires: {
      ...LEADS,
      [staked('pokt1a')]: always(60_000),
      [staked('pokt1b')]: always(60_000),
      'ha_miner_supplier_claimed_count{job="miners",instance="m0"}': always(0),
      'ha_miner_supplier_claimed_count{job="miners",instance="m1"}': '2x15 1x100',
    },
    // Of three keys one is staked: the others are to be staked next.
    quiet: {
      ...LEADS,
      [staked('pokt1a')]: always(60_000),
      [staked('pokt1b')]: always(0),
      'ha_miner_supplier_claimed_count{job="miners",instance="m1"}': always(1),
    },
  },
  WrongBlockTime: {
    fires: {
      ...LEADS,
      [`ha_miner_current_block_interval_seconds${miner}`]: always(60),
      [`ha_miner_configured_block_time_seconds${miner}`]: always(30),
    },
    quiet: {
      ...LEADS,
      [`ha_miner_current_block_interval_seconds${miner}`]: always(66),
      [`ha_miner_configured_block_time_seconds${miner}`]: always(60),
      // It lost the lead during a block that took long.
      'ha_miner_current_block_interval_seconds{job="miners",instance="m0"}': always(130),
      'ha_miner_configured_block_time_seconds{job="miners",instance="m0"}': always(60),
    },
    minutes: 90,
  },
  MinerTreesDamaged: {
    fires: { [`ha_smst_corruption_evictions_total${miner}`]: FIRST_EVENT },
    quiet: { [`ha_smst_panics_recovered_total${miner}`]: always(1) },
    minutes: 90,
  },
  RelayersSilent: {
    fires: { [`up${relayer}`]: always(1) },
    quiet: { [`ha_relayer_current_block_height${relayer}`]: always(5) },
  },
  RelayerHeightStuck: {
    fires: { [`ha_relayer_current_block_height${relayer}`]: '0+1x10 10x100' },
    quiet: { [`ha_relayer_current_block_height${relayer}`]: growing(1) },
  },
  RelayerHeightBehind: {
    fires: {
      [`ha_relayer_current_block_height${relayer}`]: always(90),
      [`ha_miner_current_block_height${miner}`]: always(95),
    },
    quiet: {
      [`ha_relayer_current_block_height${relayer}`]: growing(1, 98),
      [`ha_miner_current_block_height${miner}`]: growing(1, 100),
    },
  },
  RelaysNotPublished: {
    fires: {
      [served('200')]: growing(1000),
      // Without an HTTP status, as of WebSocket and gRPC.
      [served('ok')]: growing(600),
      [`ha_relayer_relays_published_total${service}`]: growing(1100),
    },
    quiet: {
      [served('200')]: growing(900),
      [served('404')]: growing(100),
      [served('502')]: growing(500),
      [`ha_relayer_relays_published_total${service}`]: growing(300),
      [`ha_relayer_relays_skipped_difficulty_total${service}`]: growing(600),
      // Served before it was validated, and refused then: an alert of its own.
      [`ha_relayer_relays_dropped_total${rejected}`]: growing(100),
    },
  },
  RelaysNotWritten: {
    fires: {
      [`ha_relayer_relays_published_total${service}`]: growing(1000),
      [`ha_transport_published_total${service}`]: growing(900),
    },
    quiet: {
      [`ha_relayer_relays_published_total${service}`]: growing(1000, 5000),
      [`ha_transport_published_total${service}`]: growing(1000),
    },
  },
  RelaysDropped: {
    fires: { [`ha_relayer_relays_dropped_total${rejected}`]: '_x25 3x100' },
    quiet: { [`ha_relayer_relays_dropped_total${rejected}`]: always(3) },
  },
  RelaysRejected: {
    fires: {
      [`ha_relayer_relays_rejected_total${rejected}`]: growing(6),
      [`ha_relayer_relays_received_total${service}`]: growing(100),
    },
    quiet: {
      [`ha_relayer_relays_rejected_total${rejected}`]: growing(4),
      [`ha_relayer_relays_received_total${service}`]: growing(100),
    },
  },
  BackendDown: {
    fires: { 'ha_relayer_backend_health_status{service_id="eth",endpoint="a"}': always(0) },
    quiet: { 'ha_relayer_backend_health_status{service_id="eth",endpoint="a"}': '1x20 0x3 1x100' },
  },
  AllBackendsDown: {
    fires: { [`ha_relayer_fast_fails_total${service}`]: growing(1) },
    quiet: { [`ha_relayer_fast_fails_total${service}`]: always(40) },
  },
  TransportNotConfigured: {
    fires: { [`ha_relayer_backend_missing_total${rejected}`]: growing(1) },
    quiet: { [`ha_relayer_backend_missing_total${rejected}`]: always(1) },
  },
  SupplierKeysMissing: {
    fires: { [`ha_keys_supplier_keys_active${relayer}`]: always(2) },
    quiet: { [`ha_keys_supplier_keys_active${miner}`]: always(3) },
  },
  SupplierKeysNotLoaded: {
    fires: { [`ha_keys_load_errors_total${miner}`]: growing(1) },
    quiet: { [`ha_keys_load_errors_total${miner}`]: always(1) },
  },
  RelaysNotAdmitted: {
    fires: { 'ha_transport_store_operable{job="relayers",component="relayer"}': always(0) },
    quiet: { 'ha_transport_store_operable{job="relayers",component="relayer"}': always(1) },
  },
  RelayMinerCannotWrite: {
    fires: { [`ha_transport_publish_errors_total${relayer}`]: growing(1) },
    quiet: { [`ha_transport_publish_errors_total${relayer}`]: always(5) },
  },
  RedisDown: {
    fires: { [`redis_up${redis}`]: always(0) },
    quiet: { [`redis_up${redis}`]: always(1) },
  },
  RedisMemoryHigh: {
    fires: {
      [`redis_memory_used_bytes${redis}`]: always(850),
      [`redis_memory_max_bytes${redis}`]: always(1000),
    },
    quiet: {
      [`redis_memory_used_bytes${redis}`]: always(700),
      [`redis_memory_max_bytes${redis}`]: always(1000),
    },
  },
  RedisWithoutMemoryLimit: {
    fires: { [`redis_memory_max_bytes${redis}`]: always(0), [`redis_up${redis}`]: always(1) },
    quiet: { [`redis_memory_max_bytes${redis}`]: always(1000), [`redis_up${redis}`]: always(1) },
  },
  RedisEvicts: {
    fires: { [`redis_evicted_keys_total${redis}`]: growing(1) },
    quiet: { [`redis_evicted_keys_total${redis}`]: always(4) },
  },
  RedisRejectsWrites: {
    fires: { 'redis_errors_total{job="redis",instance="h1",err="OOM"}': '_x25 2x100' },
    quiet: { 'redis_errors_total{job="redis",instance="h1",err="NOAUTH"}': growing(1) },
  },
  RedisRejectsConnections: {
    fires: { [`redis_rejected_connections_total${redis}`]: growing(1) },
    quiet: { [`redis_rejected_connections_total${redis}`]: always(1) },
  },
  RedisAppendOnlyFileFails: {
    fires: { [`redis_aof_last_write_status${redis}`]: always(0) },
    quiet: {
      [`redis_aof_last_write_status${redis}`]: always(1),
      [`redis_aof_last_bgrewrite_status${redis}`]: always(1),
    },
  },
  RedisAppendOnlyFileOff: {
    fires: { [`redis_aof_enabled${redis}`]: always(0) },
    quiet: { [`redis_aof_enabled${redis}`]: always(1) },
  },
  RedisSnapshotFails: {
    fires: { [`redis_rdb_last_bgsave_status${redis}`]: always(0) },
    quiet: { [`redis_rdb_last_bgsave_status${redis}`]: always(1) },
  },
  RedisWithoutPrimary: {
    fires: { 'redis_instance_info{role="slave",instance="h1"}': always(1) },
    quiet: {
      'redis_instance_info{role="slave",instance="h1"}': always(1),
      'redis_instance_info{role="master",instance="h2"}': always(1),
    },
  },
  RedisSeveralPrimaries: {
    fires: {
      'redis_instance_info{role="master",instance="h1"}': always(1),
      'redis_instance_info{role="master",instance="h2"}': always(1),
    },
    quiet: {
      'redis_instance_info{role="master",instance="h1"}': '1x20 _x100',
      'redis_instance_info{role="master",instance="h2"}': '_x20 1x100',
    },
  },
  RedisReplicaMissing: {
    fires: { [`redis_connected_slaves${redis}`]: always(1) },
    quiet: {
      [`redis_connected_slaves${redis}`]: always(2),
      'redis_connected_slaves{job="redis",instance="h2"}': always(0),
    },
  },
  RedisReplicationBroken: {
    fires: { 'redis_master_link_up{instance="h2",master_host="10.0.0.1"}': always(0) },
    quiet: { 'redis_master_link_up{instance="h2",master_host="10.0.0.1"}': always(1) },
  },
  PostgresDown: {
    fires: { [`pg_up${postgres()}`]: always(0) },
    quiet: { [`pg_up${postgres()}`]: always(1) },
  },
  PostgresConnectionsAlmostUsedUp: {
    fires: {
      [`pg_stat_activity_count${postgres(',datname="provider",state="idle"')}`]: always(50),
      [`pg_stat_activity_count${postgres(',datname="temporal",state="idle"')}`]: always(40),
      [`pg_settings_max_connections${postgres(',server="postgres:5432"')}`]: always(100),
    },
    quiet: {
      [`pg_stat_activity_count${postgres(',datname="provider",state="idle"')}`]: always(50),
      [`pg_settings_max_connections${postgres(',server="postgres:5432"')}`]: always(100),
    },
  },
  PostgresDeadlocks: {
    fires: { [`pg_stat_database_deadlocks${postgres(',datname="provider"')}`]: growing(1) },
    quiet: { [`pg_stat_database_deadlocks${postgres(',datname="provider"')}`]: always(1) },
  },
  PostgresTransactionStuck: {
    fires: {
      [`pg_stat_activity_max_tx_duration${postgres(',datname="provider",state="active"')}`]:
        always(4000),
    },
    quiet: {
      [`pg_stat_activity_max_tx_duration${postgres(',datname="provider",state="idle"')}`]:
        always(4000),
    },
  },
  ProviderDown: {
    fires: { [`probe_success${health('provider')}`]: always(0) },
    // Away for a deploy; and others that are down.
    quiet: {
      [`probe_success${health('provider')}`]: '1x24 0x4 1x100',
      [`probe_success${health('middleman')}`]: always(0),
      [`probe_success${probe}`]: always(0),
    },
  },
  MiddlemanDown: {
    fires: { [`probe_success${health('middleman')}`]: always(0) },
    quiet: {
      [`probe_success${health('middleman')}`]: '1x24 0x4 1x100',
      [`probe_success${health('provider')}`]: always(0),
      'probe_success{job="probes",instance="middleman.nodes.net"}': always(0),
    },
  },
  TemporalDown: {
    fires: { [`probe_success${health('temporal')}`]: always(0) },
    quiet: {
      [`probe_success${health('temporal')}`]: '1x24 0x4 1x100',
      [`probe_success${health('provider')}`]: always(0),
    },
  },
  PublicUrlDown: {
    fires: { [`probe_success${probe}`]: always(0) },
    quiet: {
      [`probe_success${probe}`]: '1x27 0x1 1x100',
      [`probe_success${health('provider')}`]: always(0),
    },
  },
  PublicUrlSlow: {
    fires: { [`probe_duration_seconds${probe}`]: always(5) },
    quiet: { [`probe_duration_seconds${probe}`]: '0.2x27 8x1 0.2x100' },
  },
  CertificateEndsSoon: {
    fires: { [`probe_ssl_earliest_cert_expiry${probe}`]: always(13 * 86_400) },
    quiet: { [`probe_ssl_earliest_cert_expiry${probe}`]: always(30 * 86_400) },
    minutes: 90,
  },
  CertificateEnds: {
    fires: { [`probe_ssl_earliest_cert_expiry${probe}`]: always(2 * 86_400) },
    quiet: { [`probe_ssl_earliest_cert_expiry${probe}`]: always(13 * 86_400) },
  },
};
