import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { loadDeployment } from '../../../lib/deployment.ts';
import { minerConfig, relayerConfig } from '../../../lib/relayminer/config.ts';
import { publicKey } from '../../../lib/secrets/keys.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { fullProfile } from '../../hostile/full-profile.ts';
import { directoryWith } from '../profile/temporary.ts';
import { relayminer, scratchFile } from '../standins/harness.ts';

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
        },
      },
      rest: { url: 'http://10.9.0.1:80', authentication: { plain_token: 'plain-token' } },
    },
  },
};

function configs(t: TestContext, image: string, simulation: object = {}) {
  const { relayminer: settings, images, ...profile } = fullProfile() as Record<string, object>;
  for (const name of ['HOSTILE_DNS', 'HOSTILE_PORTAL']) process.env[name] = 'token-of-the-test';
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
    'keys.yaml': `keys: ["${'11'.repeat(32)}"]\n`,
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
