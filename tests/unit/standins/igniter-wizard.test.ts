import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Network, startNetwork } from './network.ts';
import { endPrograms, IGNITER, type Program, run, start } from './program.ts';
import { APP_PUBLIC_KEY, Middleman, startWeb, type Web, webEnvironment } from './provider.ts';
import { startTemporal, type Temporal, temporalEnvironment } from './temporal.ts';
import { skipReason, type TemporaryPostgres, temporaryPostgres } from './temporary-postgres.ts';

interface ScheduleEntry {
  scheduleId: string;
  info: { spec: { interval: { interval: string }[] } };
}

const WORKER = ['node', './apps/provider-workflows/dist/src/worker.js'];
const REWARDS = `pokt1${'q'.repeat(38)}`;

const REGION = { displayName: 'US East', urlValue: 'us-east' };
const MINER = {
  name: 'Primary',
  identity: 'rm-01',
  region: 'US East',
  domain: 'relays.example.com',
};
const SERVICE = { serviceId: 'eth', endpoints: [{ rpcType: 'JSON_RPC', url: 'https://{domain}' }] };
const share = (percent: number) => [{ address: REWARDS, share: percent }];
const group = (supplierShare: number, percent: number) => ({
  name: 'Default',
  relayMiner: 'Primary',
  services: [{ serviceId: 'eth', supplierShare, revShare: share(percent) }],
});

describe('from the wizard to a polling worker', { skip: skipReason, timeout: 120_000 }, () => {
  const middleman = new Middleman('2'.padStart(64, '0'));
  const disabled = new Middleman('3'.padStart(64, '0'));
  let postgres: TemporaryPostgres;
  let network: Network;
  let temporal: Temporal;
  let web: Web;
  let workerEnvironment: Record<string, string | undefined>;
  let worker: Program;

  before(async () => {
    postgres = await temporaryPostgres();
    await postgres.query('postgres', 'CREATE DATABASE provider');
    const DATABASE_URL = postgres.url('provider');
    await run(IGNITER, [`${IGNITER}/bin/pnpm`, 'provider:migration:migrate'], { DATABASE_URL });
    network = await startNetwork({
      api: 'pocket',
      rpc: 'pocket',
      indexer: 'pocket',
      delegators: [
        { name: 'One', identity: middleman.identity },
        { name: 'Two', identity: disabled.identity },
      ],
    });
    temporal = await startTemporal(temporalEnvironment(postgres));
    await temporal.cli('operator', 'namespace', 'create', '-n', 'provider');
    web = await startWeb({
      ...webEnvironment(`${DATABASE_URL}?sslmode=disable`),
      DELEGATORS_CDN_URL: network.url('/cdn/{chainId}.json'),
    });
    workerEnvironment = {
      DATABASE_URL: `${DATABASE_URL}?sslmode=disable`,
      TEMPORAL_URL: temporal.address,
      TEMPORAL_NAMESPACE: 'provider',
      TEMPORAL_TASK_QUEUE: 'provider-operations',
      TEMPORAL_WORKFLOW_RETENTION: '604800',
      BOOTSTRAP_POLL_INTERVAL_MS: '100',
      NODE_ENV: 'production',
    };
    worker = start(IGNITER, WORKER, workerEnvironment);
  });
  after(() => {
    endPrograms();
    network.close();
    postgres.remove();
  });

  test('the worker waits without polling', async () => {
    await worker.saw('Application is not yet bootstrapped. Retrying...');
    assert.deepEqual(await pollers(), []);
    for (const line of worker.output().trim().split('\n'))
      assert.equal(JSON.parse(line).logger, 'stand-in');
  });

  const urls = (change: Record<string, string> = {}) => ({
    pocketApiUrl: network.url('/api'),
    pocketRpcUrl: network.url('/rpc'),
    indexerApiUrl: network.url('/indexer'),
    ...change,
  });

  test('step 1 refuses URLs that are not what they should be, or on another network', async () => {
    const refused = async (field: string, values: Record<string, string>) => {
      const { status, text } = await web.wizard('blockchain', values);
      assert.equal(status, 400, text);
      assert.equal(JSON.parse(text).field, field);
    };
    await refused('pocketApiUrl', urls({ pocketApiUrl: 'not-a-url' }));
    await refused('pocketApiUrl', urls({ pocketApiUrl: network.url('/rpc') }));
    await refused('pocketRpcUrl', urls({ pocketRpcUrl: network.url('/api') }));
    await refused('indexerApiUrl', urls({ indexerApiUrl: network.url('/nothing') }));
    network.facts.rpc = 'pocket-beta';
    await refused('pocketRpcUrl', urls());
    network.facts.rpc = 'pocket';
    network.facts.indexer = 'pocket-beta';
    await refused('indexerApiUrl', urls());
    network.facts.indexer = 'pocket';
    network.facts.api = 'localnet';
    await refused('pocketApiUrl', urls());
    network.facts.api = 'pocket';
  });

  test('a later step is refused before an earlier one is done', async () => {
    assert.equal((await web.wizard('finish')).status, 409);
    assert.equal((await web.wizard('regions', [REGION])).status, 409);
  });

  const steps: [string, () => unknown, [string, unknown][]][] = [
    ['blockchain', urls, []],
    [
      'identity',
      () => ({ name: 'Operator', supportEmail: '', rewardAddresses: `${REWARDS}\n` }),
      [
        ['no name', { name: '' }],
        ['a bad email', { name: 'Operator', supportEmail: 'nobody' }],
        ['one bad reward address', { name: 'Operator', rewardAddresses: `${REWARDS}, pokt1short` }],
      ],
    ],
    [
      'regions',
      () => [REGION],
      [
        ['no region', []],
        ['a long name', [{ ...REGION, displayName: 'x'.repeat(21) }]],
        ['a value in capitals', [{ ...REGION, urlValue: 'US' }]],
        ['the same region twice', [REGION, REGION]],
      ],
    ],
    [
      'relay-miners',
      () => [MINER],
      [
        ['a domain with a scheme', [{ ...MINER, domain: 'https://relays.example.com' }]],
        ['a domain without a dot', [{ ...MINER, domain: 'relays' }]],
        ['an unknown region', [{ ...MINER, region: 'Moon' }]],
        ['an identity that is no slug', [{ ...MINER, identity: 'RM_01' }]],
        ['the same miner twice', [MINER, MINER]],
      ],
    ],
    [
      'services',
      () => [SERVICE],
      [
        ['a service that is not on chain', [{ ...SERVICE, serviceId: 'nothing' }]],
        ['no protocol', [{ ...SERVICE, endpoints: [] }]],
        ['CometBFT', [{ ...SERVICE, endpoints: [{ rpcType: 'COMET_BFT' }] }]],
      ],
    ],
    [
      'address-groups',
      () => [group(10, 90)],
      [
        ['shares above 100', [group(11, 90)]],
        ['a share of zero', [group(10, 0)]],
        ['an unknown relay miner', [{ ...group(10, 5), relayMiner: 'Nobody' }]],
        ['no service', [{ ...group(10, 5), services: [] }]],
      ],
    ],
    [
      'delegators',
      () => ({ enabled: [middleman.identity] }),
      [['a key that is not in the list', { enabled: ['02ff'] }]],
    ],
    ['finish', () => ({}), []],
  ];
  for (const [step, values, refusals] of steps) {
    for (const [what, wrong] of refusals) {
      test(`${step} refuses ${what}`, async () => {
        const { status, text } = await web.wizard(step, wrong);
        assert.equal(status, 400, text);
      });
    }
    if (step === 'delegators') {
      test('delegators cannot be passed while the list is empty', async () => {
        const list = network.facts.delegators;
        network.facts.delegators = [];
        assert.equal((await web.wizard(step, { enabled: 'all' })).status, 400);
        network.facts.delegators = list;
      });
    }
    if (step === 'services') {
      test('services takes any URL, and for an empty one of GRPC a scheme that no chain takes', async () => {
        const endpoints = [
          { rpcType: 'GRPC', url: 'gopher://relays.example.com' },
          { rpcType: 'GRPC', url: '' },
        ];
        assert.equal((await web.wizard(step, [{ ...SERVICE, endpoints }])).status, 200);
        const [row] = await postgres.query('provider', 'SELECT endpoints FROM services');
        assert.deepEqual(row!.endpoints, [
          endpoints[0],
          { rpcType: 'GRPC', url: 'grpcs://{region}-{rm}-{sid}-{protocol}.{domain}' },
        ]);
      });
    }
    test(`${step} accepts its values`, async () => {
      const { status, text } = await web.wizard(step, values());
      assert.equal(status, 200, text);
      if (step === 'blockchain') {
        assert.deepEqual(JSON.parse(text).result, { chainId: 'pocket', minimumStake: 60_000 });
      }
    });
  }

  test('after finish: bootstrapped, and the wizard is closed', async () => {
    assert.equal((await web.get('/api/bootstrap')).text, '{"isBootstrapped":true}');
    assert.equal((await web.wizard('regions', [REGION])).status, 409);
    const state = await web.get('/standin/wizard', { headers: { 'x-standin': 'wizard' } });
    assert.equal(JSON.parse(state.text).settings.appIdentity, APP_PUBLIC_KEY);
  });

  const body = '{"b":1,"a":2}';
  const signed: [string, () => RequestInit, number][] = [
    ['no identity header', () => ({ method: 'POST', body }), 400],
    ['an unknown delegator', () => new Middleman('4'.padStart(64, '0')).request(body), 403],
    ['a disabled delegator', () => disabled.request(body), 403],
    ['a signature over something else', () => middleman.request(body, '{}'), 400],
    ['another key order', () => middleman.request('{"a":2,"b":1}', body), 400],
    ['a body that is no JSON', () => middleman.request('{', '{'), 400],
    ['other white space', () => middleman.request('{ "b": 1,\n"a": 2 }', body), 200],
  ];
  for (const [what, init, status] of signed) {
    test(`POST /api/status with ${what} is ${status}`, async () => {
      assert.equal((await web.get('/api/status', init())).status, status);
    });
  }

  test('status tells what the wizard was told', async () => {
    const { text } = await web.get('/api/status', middleman.request('{}'));
    const { addressGroups, ...rest } = JSON.parse(text);
    assert.equal(addressGroups.length, 1);
    assert.deepEqual(rest, {
      regions: ['US East'],
      allowedStakers: [],
      minimumStake: 60_000,
      allowPublicStaking: true,
      fee: 100,
      feeType: 'fixed',
      domains: ['relays.example.com'],
      healthy: true,
      rewardAddresses: [REWARDS],
      returnSupplierFundsToOwner: false,
    });
  });

  const post = async (path: string, value: unknown) => {
    const { status, text } = await web.get(path, middleman.request(JSON.stringify(value)));
    return { status, value: JSON.parse(text) };
  };

  test('suppliers: allocate, stake, unstake, import', async () => {
    const wish = { ownerAddress: REWARDS, stakeDistribution: [{ amount: '60000000000', qty: 1 }] };
    assert.deepEqual(await post('/api/suppliers', {}), {
      status: 400,
      value: { error: 'Empty stake distribution.' },
    });
    await post('/api/suppliers?simulate=true', wish);
    assert.equal((await postgres.query('provider', 'SELECT * FROM keys')).length, 0);
    const [supplier] = (await post('/api/suppliers', wish)).value.data;
    assert.match(supplier.operatorAddress, /^pokt1[a-z0-9]{38}$/);
    const [key] = await postgres.query('provider', 'SELECT * FROM keys');
    assert.match(String(key?.privateKey), /^(cd){16}:[0-9a-f]+$/);
    const addresses = [supplier.operatorAddress];
    assert.equal((await post('/api/suppliers/stake', { addresses: [] })).status, 400);
    assert.deepEqual((await post('/api/suppliers/stake', { addresses })).value, { data: 'OK' });
    const groups = await post('/api/suppliers/address-groups', { addresses });
    assert.deepEqual(groups.value.data.addressGroups[0].addresses, addresses);
    const stranger = { ownerAddress: 'pokt1stranger' };
    assert.equal((await post('/api/import-suppliers/request', stranger)).status, 404);
    assert.equal((await post('/api/import-suppliers/status', stranger)).status, 404);
    const wanted = { ownerAddress: REWARDS };
    const request = await post('/api/import-suppliers/request', wanted);
    assert.deepEqual(request.value.data.matchingSuppliers, addresses);
    assert.equal((await post('/api/import-suppliers/status', wanted)).value.data.status, 'pending');
    const submit = { ...wanted, ownerPublicKey: middleman.identity, revSharePercentage: 5 };
    assert.equal((await post('/api/import-suppliers/submit', submit)).status, 403);
    await postgres.query('provider', 'UPDATE import_supplier_requests SET "expiresAt" = now()');
    assert.equal((await post('/api/import-suppliers/submit', submit)).status, 410);
    await post('/api/suppliers/unstaking', { addresses });
    const [state] = await postgres.query('provider', 'SELECT state FROM keys');
    assert.deepEqual(state, { state: 'unstaking' });
  });

  for (const [name, value, error] of [
    ['ENCRYPTION_KEY', 'ab', 'ERR_CRYPTO_INVALID_KEYLEN'],
    ['ENCRYPTION_IV', 'cd', 'ERR_CRYPTO_INVALID_IV'],
  ] as const) {
    test(`${name} of the wrong length fails at the first key, not before`, async () => {
      const environment = webEnvironment(`${postgres.url('provider')}?sslmode=disable`);
      const broken = await startWeb({ ...environment, [name]: value });
      assert.equal((await broken.get('/api/status', middleman.request('{}'))).status, 200);
      const wish = JSON.stringify({
        ownerAddress: '',
        stakeDistribution: [{ amount: '1', qty: 1 }],
      });
      assert.equal((await broken.get('/api/suppliers', middleman.request(wish))).status, 500);
      await broken.saw(error);
      broken.signal('SIGTERM');
    });
  }

  test('/api/rpc passes through to the API node', async () => {
    const { status, text } = await web.get('/api/rpc/cosmos/base/tendermint/v1beta1/node_info');
    assert.equal(status, 200);
    assert.equal(JSON.parse(text).default_node_info.network, 'pocket');
  });

  async function pollers(): Promise<string[]> {
    const words =
      'task-queue describe --namespace provider --task-queue provider-operations -o json';
    const { output } = await temporal.cli(...words.split(' '));
    return JSON.parse(output).pollers.map((one: { taskQueueType: string }) => one.taskQueueType);
  }

  test('the worker goes on by itself: schedules, then pollers on both queues', async () => {
    await worker.saw('Bootstrap completed');
    const { output } = await temporal.cli('schedule', 'list', '-n', 'provider', '-o', 'json');
    const intervals = Object.fromEntries(
      (JSON.parse(output) as ScheduleEntry[]).map(({ scheduleId, info }) => [
        scheduleId,
        info.spec.interval[0]?.interval,
      ]),
    );
    assert.deepEqual(intervals, {
      'ExecutePendingTransactions-scheduled': '10s',
      'GovernanceSync-scheduled': '300s',
      'SupplierAddressGroupMigration-scheduled': '30s',
      'SupplierInitialStake-scheduled': '10s',
      'SupplierRemediation-scheduled': '10s',
      'SupplierStatus-scheduled': '120s',
      'VerifyPendingTransactions-scheduled': '30s',
    });
    for (let attempt = 0; (await pollers()).length < 2 && attempt < 20; attempt++);
    assert.deepEqual(await pollers(), ['workflow', 'activity']);
  });

  test('SIGTERM stops the worker cleanly', async () => {
    worker.signal('SIGTERM');
    const { status, output } = await worker.ended();
    assert.equal(status, 0);
    assert.match(output, /Worker stopped/);
  });

  test('a second worker finds its schedules', async () => {
    const again = start(IGNITER, WORKER, workerEnvironment);
    await again.saw('Scheduled workflow already exists');
    await again.saw('Bootstrap completed');
    again.signal('SIGTERM');
  });

  const refusals: [string, Record<string, string | undefined>, RegExp][] = [
    ['TEMPORAL_URL', { TEMPORAL_URL: undefined }, /Missing required env variable TEMPORAL_URL/],
    [
      'TEMPORAL_NAMESPACE',
      { TEMPORAL_NAMESPACE: undefined },
      /Missing required env variable TEMPORAL_NAMESPACE/,
    ],
    [
      'TEMPORAL_TASK_QUEUE',
      { TEMPORAL_TASK_QUEUE: undefined },
      /Missing required env variable TEMPORAL_TASK_QUEUE/,
    ],
    ['DATABASE_URL', { DATABASE_URL: undefined }, /DATABASE_URL/],
    ['a reachable Temporal', { TEMPORAL_URL: '127.0.0.1:1' }, /ECONNREFUSED/],
    [
      'a usable retention for a namespace of its own',
      { TEMPORAL_NAMESPACE: 'new', TEMPORAL_WORKFLOW_RETENTION: undefined },
      /valid retention period/,
    ],
  ];
  for (const [what, change, message] of refusals) {
    test(`the worker exits 1 without ${what}`, async () => {
      const { status, output } = await run(IGNITER, WORKER, { ...workerEnvironment, ...change });
      assert.equal(status, 1);
      assert.match(output, message);
    });
  }

  test('without TLS on the server and without sslmode the worker waits, but says why', async () => {
    const DATABASE_URL = postgres.url('provider');
    const waiting = start(IGNITER, WORKER, { ...workerEnvironment, DATABASE_URL });
    await waiting.saw('Failed to check bootstrap status. Retrying...');
    await waiting.saw('The server does not support SSL connections');
    waiting.signal('SIGTERM');
    assert.equal((await waiting.ended()).status, 0);
  });

  test('an RPC that is none stops the worker; an empty one is seeded from POKT_RPC_URL', async () => {
    await postgres.query(
      'provider',
      `UPDATE application_settings SET "pocketRpcUrl" = '${network.url('/api')}'`,
    );
    const none = await run(IGNITER, WORKER, workerEnvironment);
    assert.equal(none.status, 1);
    assert.match(none.output, /not a CometBFT RPC endpoint/);
    await postgres.query('provider', 'UPDATE application_settings SET "pocketRpcUrl" = NULL');
    const empty = await run(IGNITER, WORKER, workerEnvironment);
    assert.equal(empty.status, 1);
    assert.match(empty.output, /Missing required env variable POKT_RPC_URL/);
    const seeded = start(IGNITER, WORKER, {
      ...workerEnvironment,
      POKT_RPC_URL: network.url('/rpc'),
    });
    await seeded.saw('Bootstrap completed');
    seeded.signal('SIGTERM');
    const [row] = await postgres.query(
      'provider',
      'SELECT "pocketRpcUrl" FROM application_settings',
    );
    assert.deepEqual(row, { pocketRpcUrl: network.url('/rpc') });
  });
});
