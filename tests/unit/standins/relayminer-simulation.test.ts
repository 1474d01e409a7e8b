import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { stringify } from 'yaml';
import {
  payloadOf,
  readKeys,
  simulatedRequest,
} from '../../lab/standins/relayminer/client/request.ts';
import { callUnary, GrpcError } from '../../lab/standins/shared/grpc.ts';
import { Redis } from '../../lab/standins/shared/redis.ts';
import { account } from '../../lab/standins/shared/secp256k1.ts';
import { connectWebSocket } from '../../lab/standins/shared/websocket.ts';
import { type Loose, privateKeys, relayerConfig } from './configs.ts';
import {
  canConnect,
  eventually,
  freePort,
  missing,
  relayminer,
  scratchFile,
  startChain,
  startRedis,
  startRelayminer,
  startStandin,
} from './harness.ts';
import { call, httpAnswer, relayRequest, verifiedPayload } from './relay-client.ts';

const supplier = account(privateKeys[0]!);
const unsigned = account(privateKeys[1]!);
const [application, gateway, other] = ['33', '44', '55'].map((byte) => byte.repeat(32)) as [
  string,
  string,
  string,
];
const publicKey = (key: string) => account(key).publicKey.toString('hex');
const keysFile = scratchFile(stringify({ applications: [application], gateway: [gateway] }));
const keys = readKeys(keysFile);
const strangers = readKeys(
  scratchFile(stringify({ applications: [application], gateways: [other] })),
);
const identity = () => ({
  enabled: true,
  max_rps: 100,
  app_pubkey_hex: publicKey(application),
  gateway_pubkeys_hex: [publicKey(gateway)],
});
const seconds = () => Math.floor(Date.now() / 1000);

describe('simulated relays', { skip: missing('experimental') }, () => {
  let redis: Redis;
  let config: Loose;
  let chain: Awaited<ReturnType<typeof startChain>>;
  const toEth = { service: 'eth', supplier: supplier.address };
  const request = (
    change: Parameters<typeof simulatedRequest>[3] = {},
    by = keys,
    payload = payloadOf('jsonrpc', undefined),
  ) => simulatedRequest(by, toEth, payload, change);
  const post = (body: Buffer, keyId = 'known', rpcType = '3') =>
    fetch(`http://${config.listen_addr}/eth`, {
      method: 'POST',
      body: body as BodyInit,
      headers: { 'rpc-type': rpcType, 'pocket-simulation-key-id': keyId },
    });
  const scrape = async () => (await fetch(`http://${config.metrics.addr}/metrics`)).text();
  /** How many simulated relays ended so, over every transport. */
  const counted = async (result: string) =>
    (await scrape())
      .split('\n')
      .filter((line) => line.startsWith('ha_relayer_simulated_relays_total{'))
      .filter((line) => line.includes(`result="${result}"`))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);

  before(async () => {
    const port = await startRedis('experimental', '--maxmemory', '512mb');
    redis = await new Redis(`redis://127.0.0.1:${port}`).connect();
    const backend = await freePort();
    startStandin('backend', [], { PORT: String(backend) });
    await eventually('the backend serves', () => canConnect(backend));
    chain = await startChain({
      CHAIN_ID: 'pocket-lego-testnet',
      ACCOUNTS: `${supplier.address}:1:${supplier.publicKey.toString('hex')},${unsigned.address}:1:`,
    });
    const url = `http://127.0.0.1:${backend}`;
    const address = async () => `127.0.0.1:${await freePort()}`;
    config = {
      ...relayerConfig(),
      listen_addr: await address(),
      redis: { url: `redis://127.0.0.1:${port}` },
      keys: { keys_file: scratchFile(stringify({ keys: privateKeys })) },
      pocket_node: {
        query_node_rpc_url: chain.rpcUrl,
        query_node_grpc_url: chain.grpcAddress,
        grpc_insecure: true,
      },
      metrics: { addr: await address() },
      health_check: { addr: await address() },
      services: {
        eth: {
          backends: {
            jsonrpc: { url },
            websocket: { url: `ws://127.0.0.1:${backend}` },
            cometbft: { url: 'http://127.0.0.1:1' },
          },
        },
        closed: { backends: { jsonrpc: { url } } },
      },
      simulation: {
        enabled: true,
        max_concurrent: 2,
        identities: [
          { ...identity(), key_id: 'known', allowed_services: ['eth'] },
          { ...identity(), key_id: 'slow', max_rps: 1 },
          { ...identity(), key_id: 'off', enabled: false },
          { ...identity(), key_id: 'past', not_after: '2020-01-01T00:00:00Z' },
        ],
      },
    };
    const relayer = startRelayminer('snapshot', 'relayer', config);
    await eventually('relayer starts', async () => /relayer started/.test(relayer.stderr())).catch(
      (error) => {
        throw new Error(relayer.stderr(), { cause: error });
      },
    );
  });
  after(() => redis.close());

  test('is answered by the backend and signed, and neither published nor counted as received', async () => {
    const answer = await post(request());
    assert.equal(answer.status, 200);
    const payload = verifiedPayload(Buffer.from(await answer.arrayBuffer()), supplier);
    assert.match(JSON.parse(httpAnswer(payload).body).result, /^0x/);
    assert.deepEqual(await redis.send('KEYS', 'ha:relays:*'), []);
    assert.doesNotMatch(await scrape(), /ha_relayer_relays_(received|published|served)_total\{/);
    const marks = (await redis.send('KEYS', 'ha:sim:replay:*')) as string[];
    assert.equal(marks.length, 1);
    const left = Number(await redis.send('PTTL', marks[0]!));
    assert.ok(left > 50_000 && left <= 60_000, `${left} ms`);
    assert.equal(await counted('success'), 1);
  });

  for (const [what, status, result, send] of [
    ['an unknown key', 403, 'verify_failed', () => post(request(), 'nobody')],
    ['a key that is off', 403, 'verify_failed', () => post(request(), 'off')],
    ['a key of the past', 403, 'verify_failed', () => post(request(), 'past')],
    ['a signature of a stranger', 403, 'verify_failed', () => post(request({}, strangers))],
    [
      'an old request',
      403,
      'verify_failed',
      () => post(request({ session: `simv1:${seconds() - 31}:ab` })),
    ],
    [
      'a request of the future',
      403,
      'verify_failed',
      () => post(request({ session: `simv1:${seconds() + 32}:ab` })),
    ],
    ['another session', 400, 'verify_failed', () => post(request({ session: 'session-1' }))],
    ['no supplier', 400, 'supplier_not_loaded', () => post(request({ supplier: '' }))],
    ['another supplier', 403, 'supplier_not_loaded', () => post(request({ supplier: 'pokt1x' }))],
    [
      'another application',
      403,
      'identity_mismatch',
      () => post(request({ application: supplier.address })),
    ],
    [
      'a service not allowed',
      403,
      'service_not_allowed',
      () => post(request({ service: 'closed' })),
    ],
    ['an unknown service', 404, 'service_unknown', () => post(request({ service: 'nope' }))],
    ['no signature', 403, 'verify_failed', () => post(relayRequest(toEth))],
    ['a dead backend', 502, 'backend_error', () => post(request(), 'known', '5')],
  ] as const) {
    test(`${what}: ${status}, ${result}`, async () => {
      const before = await counted(result);
      const answer = await send();
      assert.equal(answer.status, status);
      const { error } = (await answer.json()) as { error: string };
      if (status !== 502) assert.match(error, /^simulation rejected:/);
      assert.equal(await counted(result), before + 1);
      assert.deepEqual(await redis.send('KEYS', 'ha:relays:*'), []);
    });
  }

  test('the same request again: 409, replay_rejected', async () => {
    const once = request();
    assert.equal((await post(once)).status, 200);
    assert.equal((await post(once)).status, 409);
    assert.equal(await counted('replay_rejected'), 1);
  });

  test('more in a second than max_rps: 429, and only what is verified uses it up', async () => {
    for (let count = 0; count < 3; count++)
      assert.equal((await post(request({}, strangers), 'slow')).status, 403);
    const statuses = [await post(request(), 'slow'), await post(request(), 'slow')].map(
      ({ status }) => status,
    );
    assert.deepEqual(statuses, [200, 429]);
    assert.equal(await counted('rate_limited'), 1);
  });

  test('more at once than max_concurrent: 429', async () => {
    const slow = relayRequest({ ...toEth, headers: { 'x-standin-delay-ms': '1500' } });
    const payload = slow.subarray(slow.indexOf('POST') - 2);
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await post(request({}, keys, payload))).status),
    );
    assert.deepEqual(statuses.sort(), [200, 200, 429]);
  });

  test('a backend that fails is passed on', async () => {
    const failing = relayRequest({ ...toEth, headers: { 'x-standin-status': '503' } });
    const payload = failing.subarray(failing.indexOf('POST') - 2);
    assert.equal((await post(request({}, keys, payload))).status, 503);
  });

  test('over gRPC with the statuses of the contract', async () => {
    const ask = (body: Buffer, keyId: string) =>
      callUnary({
        address: config.listen_addr,
        path: '/pocket.service.RelayService/SendRelay',
        request: body,
        timeoutMs: 10_000,
        headers: { 'rpc-type': '3', 'pocket-simulation-key-id': keyId },
      });
    const answer = httpAnswer(verifiedPayload(await ask(request(), 'known'), supplier));
    assert.equal(answer.status, 200);
    const refused = async (code: number, body: Buffer, keyId = 'known') =>
      assert.rejects(
        ask(body, keyId),
        (error) => error instanceof GrpcError && error.code === code,
      );
    await refused(7, request(), 'nobody');
    await refused(9, request({ supplier: 'pokt1x' }));
    await refused(3, request({ session: 'session-1' }));
    await refused(5, request({ service: 'nope' }));
  });

  test('over a WebSocket, whose every message is one', async () => {
    const connect = () =>
      connectWebSocket(`ws://${config.listen_addr}/`, {
        'target-service-id': 'eth',
        'pocket-simulation-key-id': 'known',
      });
    const message = (by = keys) => request({}, by, Buffer.from(call('eth_chainId')));
    const socket = await connect();
    for (let count = 0; count < 2; count++) {
      const answered = new Promise<Buffer>((resolve) => socket.once('message', resolve));
      socket.send(message());
      assert.equal(JSON.parse(verifiedPayload(await answered, supplier).toString()).result, '0x1');
    }
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send(message(strangers));
    assert.equal(await closed, 4001);
    assert.deepEqual(await redis.send('KEYS', 'ha:relays:*'), []);
  });

  describe('the client', () => {
    const relay = (mode: string, ...more: string[]) =>
      relayminer(
        'snapshot',
        ...['relay', mode, '--simulate', '--sim-key-id', 'known', '--keys-file', keysFile],
        ...['--relayer-url', `http://${config.listen_addr}`, '--node', chain.grpcAddress],
        ...['--chain-id', 'pocket-lego-testnet', '--service', 'eth'],
        ...['--supplier', supplier.address, ...more],
      );

    for (const mode of ['jsonrpc', 'websocket']) {
      test(`${mode}: makes one, verifies the answer, and says so`, async () => {
        const { status, stdout, stderr } = await relay(mode);
        assert.equal(status, 0, stdout + stderr);
        assert.match(stdout, /^Status: .* SUCCESS$/m);
        assert.match(stdout, /^Signature: .* VALID$/m);
      });
    }

    test('fails with the reason where the relayer refuses, the backend is dead, or the chain has no key', async () => {
      const refused = await relay('jsonrpc', '--sim-key-id', 'nobody');
      assert.match(refused.stderr, /^Error: .*HTTP 403.*simulation rejected: unknown key_id/m);
      const dead = await relay('cometbft');
      assert.match(dead.stdout, /^Status: .* FAILED$/m);
      assert.match(dead.stderr, /HTTP 502/);
      const newcomer = await relay('jsonrpc', '--supplier', unsigned.address);
      assert.match(
        newcomer.stderr,
        /signature verification failed: supplier pokt1\w+ has no public key on chain/,
      );
      for (const { status } of [refused, dead, newcomer]) assert.equal(status, 1);
    });

    test('refuses what it cannot do, and credentials in a URL', async () => {
      for (const more of [['--load-test'], ['--relayer-url', 'http://a:b@127.0.0.1']])
        assert.equal((await relay('jsonrpc', ...more)).status, 1);
      assert.equal((await relay('rest')).status, 1);
    });
  });

  test('without Redis: 503, for a request that could be a replay is not served', async () => {
    await redis.send('CONFIG', 'SET', 'maxmemory', '1');
    const before = await counted('dedup_unavailable');
    assert.equal((await post(request())).status, 503);
    assert.equal(await counted('dedup_unavailable'), before + 1);
  });
});
