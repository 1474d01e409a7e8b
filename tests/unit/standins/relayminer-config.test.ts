import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { loadConfig, type Process } from '../../lab/standins/relayminer/config/load.ts';
import type { Line } from '../../lab/standins/relayminer/line.ts';
import { type Case, type Loose, minerConfig, relayerConfig } from './configs.ts';
import { relayminer, scratchFile } from './harness.ts';

const lines: Line[] = ['released', 'snapshot'];
const point = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const identity = (change = {}) => ({
  key_id: 'lab',
  enabled: true,
  app_pubkey_hex: point,
  gateway_pubkeys_hex: [point],
  ...change,
});
const simulate = (...identities: Loose[]) => ({ enabled: true, identities });
const jsonrpc = (config: Loose) => config.services.eth.backends.jsonrpc;

const common: Case[] = [
  { name: 'empty redis.url', change: (c) => (c.redis.url = ''), error: /redis\.url is required/ },
  {
    name: 'negative pool',
    change: (c) => (c.redis.pool_size = -1),
    error: /pool_size must not be negative/,
  },
  {
    name: 'no RPC',
    change: (c) => (c.pocket_node.query_node_rpc_url = ''),
    error: /query_node_rpc_url is required/,
  },
  {
    name: 'no gRPC',
    change: (c) => delete c.pocket_node.query_node_grpc_url,
    error: /query_node_grpc_url is required/,
  },
  {
    name: 'text for a number',
    change: (c) => (c.redis.pool_size = 'many'),
    error: /line \d+: redis\.pool_size: cannot unmarshal/,
  },
  {
    name: 'text for a bool',
    change: (c) => (c.metrics = { enabled: 'yes please' }),
    error: /metrics\.enabled: cannot unmarshal/,
  },
  { name: 'section as a list', change: (c) => (c.redis = []), error: /redis: expected a mapping/ },
  {
    name: 'log level trace',
    change: (c) => (c.logging = { level: 'trace' }),
    error: /logging\.level "trace"/,
    only: 'released',
  },
  {
    name: 'no key source',
    change: (c) => (c.keys = {}),
    error: /exactly one of keys_file and keyring/,
    only: 'released',
  },
  {
    name: 'two key sources',
    change: (c) => (c.keys.keyring = { backend: 'test', dir: '/k' }),
    error: /exactly one/,
    only: 'released',
  },
  {
    name: 'keyring backend os',
    change: (c) => (c.keys = { keyring: { backend: 'os', dir: '/k' } }),
    error: /"os" is not supported/,
    only: 'released',
  },
  {
    name: 'keyring without dir',
    change: (c) => (c.keys = { keyring: { backend: 'test' } }),
    error: /keyring\.dir is required/,
    only: 'released',
  },
  {
    name: 'two passphrases',
    change: (c) =>
      (c.keys = {
        keyring: { backend: 'file', dir: '/k', passphrase_file: 'f', passphrase_env: 'E' },
      }),
    error: /mutually exclusive/,
    only: 'released',
  },
  {
    name: 'passphrase for test',
    change: (c) => (c.keys = { keyring: { backend: 'test', dir: '/k', passphrase_env: 'E' } }),
    error: /takes no passphrase/,
    only: 'released',
  },
  {
    name: 'namespace family prefix',
    change: (c) => (c.redis.namespace = { cache_prefix: 'c' }),
    error: /cache_prefix/,
    only: 'released',
  },
  {
    name: 'unknown key',
    change: (c) => (c.redis.urll = 'x'),
    error: /line \d+: redis\.urll/,
    only: 'released',
  },
  {
    name: 'logging.output',
    change: (c) => (c.logging = { output: 'stdout' }),
    error: /logging\.output/,
    only: 'released',
  },
  {
    name: 'retired keys_dir',
    change: (c) => (c.keys.keys_dir = '/k'),
    error: /keys\.keys_dir/,
    only: 'released',
  },
];

const relayer: Case[] = [
  {
    name: 'empty listen_addr',
    change: (c) => (c.listen_addr = ''),
    error: /listen_addr is required/,
  },
  { name: 'no services', change: (c) => (c.services = {}), error: /at least one service/ },
  {
    name: 'no backends',
    change: (c) => (c.services.eth.backends = {}),
    error: /at least one backend/,
  },
  {
    name: 'bad mode',
    change: (c) => (c.default_validation_mode = 'lazy'),
    error: /must be eager or optimistic/,
  },
  {
    name: 'bad service mode',
    change: (c) => (c.services.eth.validation_mode = 'off'),
    error: /services\.eth\.validation_mode/,
  },
  {
    name: 'undefined timeout profile',
    change: (c) => (c.services.eth.timeout_profile = 'slow'),
    error: /"slow" is not defined/,
  },
  {
    name: 'undefined pool profile',
    change: (c) => (c.services.eth.pool_profile = 'huge'),
    error: /"huge" is not defined/,
  },
  {
    name: 'emptied timeout profiles',
    change: (c) => (c.timeout_profiles = null),
    error: /timeout_profiles\.fast is required/,
  },
  {
    name: 'negative pool profile',
    change: (c) => (c.pool_profiles = { x: { max_conns_per_host: -1 } }),
    error: /pool_profiles\.x/,
  },
  {
    name: 'bad default_backend',
    change: (c) => (c.services.eth.default_backend = 'soap'),
    error: /default_backend "soap"/,
  },
  {
    name: 'backend ws',
    change: (c) => (c.services.eth.backends.ws = { url: 'ws://h' }),
    error: /backends\.ws: unknown.*mean websocket/,
  },
  { name: 'no url', change: (c) => delete jsonrpc(c).url, error: /exactly one of url and urls/ },
  {
    name: 'url and urls',
    change: (c) => (jsonrpc(c).urls = ['http://h']),
    error: /exactly one of url and urls/,
  },
  {
    name: 'duplicate url',
    change: (c) => (c.services.eth.backends.jsonrpc = { urls: ['http://h:1/a', 'https://h:1/a'] }),
    error: /duplicate url/,
  },
  {
    name: 'duplicate name',
    change: (c) =>
      (c.services.eth.backends.jsonrpc = {
        urls: ['a', 'b'].map((h) => ({ name: 'n', url: `http://${h}` })),
      }),
    error: /duplicate name "n"/,
  },
  {
    name: 'http websocket',
    change: (c) => (c.services.eth.backends.websocket.url = 'http://h'),
    error: /needs ws:\/\/ or wss:/,
  },
  {
    name: 'unbuildable url',
    change: (c) => (jsonrpc(c).url = 'http://'),
    error: /cannot build endpoint/,
  },
  {
    name: 'grpc scheme',
    change: (c) => (c.services.eth.backends.grpc = { url: 'tcp://h:1' }),
    error: /grpc needs/,
    only: 'released',
  },
  {
    name: 'load balancing',
    change: (c) => (jsonrpc(c).load_balancing = 'random'),
    error: /round_robin or first_healthy/,
  },
  {
    name: 'max_retries',
    change: (c) => (jsonrpc(c).max_retries = 4),
    error: /max_retries must be 0-3/,
  },
  {
    name: 'health without endpoint',
    change: (c) => (jsonrpc(c).health_check = { enabled: true, interval_seconds: 5 }),
    error: /endpoint is required/,
  },
  {
    name: 'health without interval',
    change: (c) => (jsonrpc(c).health_check = { enabled: true, endpoint: '/h' }),
    error: /interval_seconds must be above 0/,
  },
  {
    name: 'bad duration',
    change: (c) => (c.relay_meter = { cache_ttl: '2 hours' }),
    error: /cache_ttl: cannot unmarshal/,
  },
  {
    name: 'publish interval',
    change: (c) => (c.redis.batch_publish_interval_ms = 100),
    error: /0 or 500-10000/,
    only: 'released',
  },
  {
    name: 'queue size',
    change: (c) => (c.redis.batch_max_queued_mib = 9000),
    error: /0 or 64-8192/,
    only: 'released',
  },
  {
    name: 'validation queue',
    change: (c) => (c.default_validation_queue_max_mib = 1),
    error: /default_validation_queue/,
    only: 'released',
  },
  {
    name: 'service queue',
    change: (c) => (c.services.eth.validation_queue_max_mib = 1),
    error: /services\.eth\.validation_queue/,
    only: 'released',
  },
  {
    name: 'retired meter switch',
    change: (c) => (c.relay_meter = { enabled: true }),
    error: /relay_meter\.enabled/,
    only: 'released',
  },
  {
    name: 'request timeout of a service',
    change: (c) => (c.services.eth.request_timeout_seconds = 5),
    error: /request_timeout_seconds/,
    only: 'released',
  },
  {
    name: 'grace period',
    change: (c) => (c.grace_period_extra_blocks = 2),
    error: /grace_period_extra_blocks/,
    only: 'released',
  },
  {
    name: 'persisted applications',
    change: (c) => (c.cache_warmup = { persist_discovered_apps: true }),
    error: /persist_discovered_apps/,
    only: 'released',
  },
  {
    name: 'simulation without identities',
    change: (c) => (c.simulation = simulate()),
    error: /without identities/,
  },
  {
    name: 'identity without id',
    change: (c) => (c.simulation = simulate(identity({ key_id: '' }))),
    error: /key_id is required/,
  },
  {
    name: 'identity twice',
    change: (c) => (c.simulation = simulate(identity(), identity())),
    error: /not unique/,
  },
  {
    name: 'negative rate',
    change: (c) => (c.simulation = simulate(identity({ max_rps: -1 }))),
    error: /max_rps must be above 0/,
  },
  {
    name: 'expiry',
    change: (c) => (c.simulation = simulate(identity({ not_after: 'tomorrow' }))),
    error: /not an RFC3339 time/,
  },
  {
    name: 'point off the curve',
    change: (c) =>
      (c.simulation = simulate(identity({ app_pubkey_hex: `02${'05'.padStart(64, '0')}` }))),
    error: /not a compressed/,
  },
  {
    name: 'uncompressed gateway',
    change: (c) => (c.simulation = simulate(identity({ gateway_pubkeys_hex: ['04ab'] }))),
    error: /gateway_pubkeys_hex/,
  },
  {
    name: 'no gateway',
    change: (c) => (c.simulation = simulate(identity({ gateway_pubkeys_hex: [] }))),
    error: /gateway_pubkeys_hex is required/,
  },
];

const miner: Case[] = [
  {
    name: 'heartbeat as long as the ttl',
    change: (c) => (c.leader_election = { heartbeat_rate_seconds: 30 }),
    error: /must be below leader_ttl/,
  },
  {
    name: 'renewal as long as the lease',
    change: (c) => (c.supplier_claiming = { renew_rate_seconds: 90 }),
    error: /must be below claim_ttl/,
  },
  {
    name: 'no block time',
    change: (c) => delete c.block_time_seconds,
    error: /block_time_seconds is required/,
    only: 'released',
  },
  {
    name: 'slow flush',
    change: (c) => (c.redis.relay_batch_flush_interval_ms = 15_001),
    error: /at most a quarter/,
    only: 'released',
  },
  {
    name: 'no key source (snapshot)',
    change: (c) => (c.keys = {}),
    error: /at least one key source/,
    only: 'snapshot',
  },
  {
    name: 'keyring kwallet',
    change: (c) => (c.keys = { keyring: { backend: 'kwallet' } }),
    error: /"kwallet" is unknown/,
    only: 'snapshot',
  },
  ...[
    'suppliers',
    'hot_reload_enabled',
    'deduplication_ttl_blocks',
    'ack_batch_size',
    'settlement_monitor',
  ].map(
    (key): Case => ({
      name: `retired ${key}`,
      change: (c) => (c[key] = key === 'suppliers' ? [] : undefined),
      error: new RegExp(key),
      only: 'released',
    }),
  ),
  ...['disable_claim_batching', 'tx_timeout_min_seconds'].map(
    (key): Case => ({
      name: `retired ${key}`,
      change: (c) => (c.transaction = { [key]: null }),
      error: new RegExp(key),
      only: 'released',
    }),
  ),
];

function load(process: Process, line: Line, config: Loose, strict = true) {
  return loadConfig(process, scratchFile(stringify(config, { keepUndefined: true })), line, strict);
}

const tables: [Process, () => Loose, Case[]][] = [
  ['relayer', relayerConfig, [...common, ...relayer]],
  ['miner', minerConfig, [...common, ...miner]],
];
for (const [process, base, cases] of tables)
  for (const line of lines)
    describe(`${process} ${line}`, () => {
      test('accepts the ordinary configuration', () => {
        assert.deepEqual(load(process, line, base()).warnings, []);
      });
      for (const { name, change, error, only } of cases) {
        const config = base();
        change(config);
        const minerKeys = process === 'miner' && /key source|keyring backend os/.test(name);
        if (only && only !== line) {
          if (minerKeys || /source \(snapshot\)|kwallet/.test(name)) continue;
          test(`accepts: ${name}`, () => void load(process, line, config));
        } else
          test(`refuses: ${name}`, () =>
            void assert.throws(() => load(process, line, config), error));
      }
    });

test('duplicate YAML keys are a parse error', () => {
  const path = scratchFile(`${stringify(minerConfig())}block_time_seconds: 60\n`);
  for (const line of lines)
    assert.throws(() => loadConfig('miner', path, line, true), /Map keys must be unique/);
});

test('all unknown keys are listed at once when validating, and only warned about when serving', () => {
  const config = { ...relayerConfig(), first_typo: 1, second_typo: 2 };
  assert.throws(() => load('relayer', 'released', config), /first_typo\n.*second_typo/);
  assert.equal(load('relayer', 'released', config, false).warnings.length, 2);
  assert.deepEqual(load('relayer', 'snapshot', config).warnings, []);
});

test('a third timeout profile keeps the built-in ones; a partial override replaces the whole entry', () => {
  const config = relayerConfig();
  config.timeout_profiles = {
    slow: { request_timeout_seconds: 90 },
    fast: { dial_timeout_seconds: 1 },
  };
  const profiles = load('relayer', 'released', config).config.timeout_profiles;
  assert.deepEqual(Object.keys(profiles).sort(), ['fast', 'slow', 'streaming']);
  assert.equal(profiles.fast.request_timeout_seconds, 0);
  assert.equal(profiles.streaming.request_timeout_seconds, 600);
});

test('a broken simulation block that is off, and an expired identity, are warnings', () => {
  const off = { ...relayerConfig(), simulation: { identities: [{}] } };
  assert.match(load('relayer', 'released', off).warnings.join(), /disabled simulation is invalid/);
  const expired = simulate(identity({ not_after: '2020-01-01T00:00:00Z' }));
  const late = { ...relayerConfig(), simulation: expired };
  assert.match(load('relayer', 'released', late).warnings.join(), /expired/);
});

test('the command line answers as the real program does', async () => {
  const path = scratchFile(stringify(relayerConfig()));
  const good = await relayminer('released', 'relayer', 'validate', '--config', path);
  assert.deepEqual([good.status, good.stdout], [0, `config OK: ${path} would start\n`]);
  const bad = await relayminer('released', 'miner', 'validate', '--config', path);
  assert.equal(bad.status, 1);
  assert.match(
    bad.stderr,
    /^Error: config is INVALID: unknown or retired key: line 1: listen_addr/,
  );
  assert.equal(
    (await relayminer('released', 'version')).stdout,
    'pocket-relay-miner version dev\n',
  );
  const unreadable = await relayminer('snapshot', 'miner', 'validate', '--config', '/nowhere.yaml');
  assert.deepEqual([unreadable.status, /^Error: /.test(unreadable.stderr)], [1, true]);
  const flag = await relayminer('snapshot', 'relayer', '--strict-config', '--config', path);
  assert.equal(flag.status, 1);
});
