import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { loadDeployment } from '../../../lib/deployment.ts';
import { minerConfig, relayerConfig } from '../../../lib/relayminer/config.ts';
import { publicKey } from '../../../lib/secrets/keys.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { relayminer as role } from '../../../scripts/relayminer.mjs';
import { fullProfile } from '../../hostile/full-profile.ts';
import { directoryWith } from '../profile/temporary.ts';
import { relayminer, scratchFile } from '../standins/harness.ts';
import { deployment } from './deployed.ts';

/** Every setting that a profile has for a service, some of them in a second one. */
const SERVICES = {
  llm: {
    validation_mode: 'optimistic',
    timeout_profile: 'streaming',
    max_body_size_bytes: 1_000_000,
    default_backend: 'jsonrpc',
    backends: {
      jsonrpc: {
        urls: ['http://10.9.0.1:8545', { name: 'second', url: 'https://10.9.0.2:8545' }],
        load_balancing: 'first_healthy',
        authentication: { bearer_token: 'a token: "quoted" #1' },
        max_retries: 2,
        recovery_timeout_seconds: 30,
        health_check: {
          endpoint: '/alive',
          interval_seconds: 10,
          timeout_seconds: 5,
          unhealthy_threshold: 3,
          healthy_threshold: 2,
          expected_status: [200, 204],
          headers: { Authorization: 'env:HEALTH_TOKEN' },
        },
      },
      rest: { url: 'http://10.9.0.1:80', authentication: { plain_token: 'plain-token' } },
    },
  },
};

function configs(t: TestContext, image: string, simulation: object = {}, keys = ['11'.repeat(32)]) {
  const { relayminer: settings, images, ...profile } = fullProfile() as Record<string, object>;
  for (const name of ['HOSTILE_DNS', 'HOSTILE_PORTAL', 'HEALTH_TOKEN'])
    process.env[name] = 'token-of-the-test';
  const root = directoryWith(t, {
    'p.yaml': stringify({
      ...profile,
      images: { ...images, relayminer: image },
      relayminer: {
        ...settings,
        keys_file: 'keys.yaml',
        log_level: 'warn',
        block_time_seconds: 45,
        default_validation_mode: 'optimistic',
        simulation,
        services: { ...(settings as { services: object }).services, ...SERVICES },
      },
    }),
    'keys.yaml': stringify({ keys }),
  });
  chmodSync(join(root, 'keys.yaml'), 0o600);
  const deployment = loadDeployment(join(root, 'p.yaml'), { root });
  const secrets = loadSecrets(deployment, { create: true });
  const host = deployment.host('front');
  return {
    relayer: relayerConfig(deployment, host, secrets),
    miner: minerConfig(deployment, host, secrets),
    secrets,
  };
}

/** The keys of so many suppliers. */
const keysOf = (suppliers: number) =>
  Array.from({ length: suppliers }, (_, index) => (index + 1).toString(16).padStart(64, '0'));

const IMAGES = {
  released: 'ghcr.io/pokt-network/pocket-relay-miner:v0.1.6',
  snapshot: 'ghcr.io/pokt-network/pocket-relay-miner:ad37bcb',
} as const;

for (const line of ['released', 'snapshot'] as const) {
  for (const process of ['relayer', 'miner'] as const) {
    test(`the ${line} line accepts every setting of a profile for the ${process}`, async (t) => {
      const path = scratchFile(stringify(configs(t, IMAGES[line])[process]));
      const { status, stdout, stderr } = await relayminer(
        line,
        process,
        'validate',
        '--config',
        path,
      );
      assert.equal(status, 0, stdout + stderr);
      assert.doesNotMatch(stdout + stderr, /unknown/i);
    });
  }
}

for (const [suppliers, seconds] of [
  [499, undefined],
  [500, 120],
  [999, 120],
  [1000, 180],
] as const) {
  test(`a lease of one of ${suppliers} suppliers lasts ${seconds ?? 'as long as upstream has it'}`, async (t) => {
    const { miner } = configs(t, IMAGES.released, {}, keysOf(suppliers));
    const { supplier_claiming: claiming } = miner as Record<string, unknown>;
    assert.deepEqual(claiming, seconds && { claim_ttl_seconds: seconds });
    for (const line of ['released', 'snapshot'] as const) {
      const path = scratchFile(stringify(miner));
      const { status, stderr } = await relayminer(line, 'miner', 'validate', '--config', path);
      assert.equal(status, 0, stderr);
    }
  });
}

test('relayers serve simulated relays to two keys of the deployment’s own, of which they know the public ones', (t) => {
  const { relayer, secrets } = configs(t, IMAGES.released);
  const privateKeys = [
    secrets.get('simulation_application_key').reveal(),
    secrets.get('simulation_gateway_key').reveal(),
  ];
  const { simulation, services } = relayer as Record<string, Record<string, unknown>>;
  assert.deepEqual(simulation, {
    enabled: true,
    identities: [
      {
        key_id: 'pocket-automations',
        enabled: true,
        not_after: '2036-01-01T00:00:00Z',
        max_rps: 5,
        app_pubkey_hex: publicKey(privateKeys[0]!),
        gateway_pubkeys_hex: [publicKey(privateKeys[1]!)],
        allowed_services: Object.keys(services!),
      },
    ],
  });
  assert.notEqual(privateKeys[0], privateKeys[1]);
  assert.ok(privateKeys.every((key) => !stringify(relayer).includes(key)));
});

test('with simulation off there is no such block, and no keys are made for it', (t) => {
  const { relayer, secrets } = configs(t, IMAGES.released, { enabled: false });
  assert.ok(!('simulation' in relayer));
  assert.equal(secrets.find('simulation_gateway_key'), undefined);
});

test('relayers ask a backend for its health with the secrets to which its headers refer', (t) => {
  const { services } = configs(t, IMAGES.released).relayer as { services: typeof SERVICES };
  assert.deepEqual(services.llm.backends.jsonrpc.health_check.headers, {
    Authorization: 'token-of-the-test',
  });
});

test('what both lines accept, and the settings that must always be there, are written', (t) => {
  const { secrets: _, ...both } = configs(t, IMAGES.released);
  const { relayer, miner } = both as Record<string, Record<string, object>>;
  const common = ['redis', 'keys', 'pocket_node', 'metrics', 'pprof', 'logging'];
  assert.deepEqual(
    Object.keys(relayer!).sort(),
    [
      ...common,
      ...['listen_addr', 'health_check', 'default_validation_mode', 'cache_warmup', 'services'],
      'simulation',
    ].sort(),
  );
  assert.deepEqual(
    Object.keys(miner!).sort(),
    [...common, 'block_time_seconds', 'known_applications', 'transaction'].sort(),
  );
  for (const config of [relayer!, miner!]) assert.deepEqual(config.pprof, { enabled: false });
  assert.equal(miner!.block_time_seconds, 45);
  assert.deepEqual(miner!.transaction, { gas_price: '0.00002upokt' });
  assert.deepEqual(miner!.pocket_node, {
    query_node_rpc_url: 'https://rpc.nodes.net',
    query_node_grpc_url: 'grpc.nodes.net:443',
    grpc_insecure: false,
    chain_id: 'pocket-test',
  });
});

const ONE = `
  one: 203.0.113.7
postgres_hosts: [one]
temporal_hosts: [one]
provider_hosts: [one]
redis_hosts: [one]
relay_relayers: [one]
relay_miners: [one]`;

/** What the role does on one host, with these lines of YAML below `relayminer`. */
function deployed(t: TestContext, lines = '') {
  t.after(() => delete process.env.TEST_SUPPLIER_KEYS);
  process.env.TEST_SUPPLIER_KEYS = `keys: ["${'11'.repeat(32)}"]`;
  const settings = `relayminer:
  keys_file: env:TEST_SUPPLIER_KEYS
  services: {eth: {backends: {jsonrpc: {url: "http://10.9.0.1:8545"}}}}
  ${lines}`;
  return deployment(t, ONE, settings).run(role, 'one');
}

test('what relayer and miner may use of their host is what the profile says', (t) => {
  const of = (lines?: string) => {
    const { RELAYMINER_IMAGE: _, ...limits } = deployed(t, lines).env('relayminer');
    return limits;
  };
  const usual = {
    RELAYER_MEMORY: '2gb',
    RELAYER_GOMEMLIMIT: '1843MiB',
    MINER_MEMORY: '4gb',
    MINER_GOMEMLIMIT: '3686MiB',
    ...{ RELAYER_CPUS: '', MINER_CPUS: '' },
  };
  assert.deepEqual(of(), usual);
  assert.deepEqual(of('relayer: {memory: 8gb, cpus: 4}\n  miner: {memory: 500MB}'), {
    ...usual,
    ...{ RELAYER_MEMORY: '8gb', RELAYER_GOMEMLIMIT: '7372MiB', RELAYER_CPUS: '4' },
    ...{ MINER_MEMORY: '500MB', MINER_GOMEMLIMIT: '450MiB' },
  });
});
