import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { callUnary, collect, GrpcError } from '../../lab/standins/shared/grpc.ts';
import { Redis } from '../../lab/standins/shared/redis.ts';
import { account } from '../../lab/standins/shared/secp256k1.ts';
import { connectWebSocket, type Socket } from '../../lab/standins/shared/websocket.ts';
import { type Loose, minerConfig, privateKeys, relayerConfig } from './configs.ts';
import {
  canConnect,
  eventually,
  freePort,
  metric,
  missing,
  type Running,
  relayminer,
  scratchFile,
  startChain,
  startRedis,
  startRelayminer,
  startStandin,
} from './harness.ts';
import { call, httpAnswer, relayRequest, verifiedPayload } from './relay-client.ts';
import { startVersionProxy } from './version-proxy.ts';

const supplier = account(privateKeys[0]!);
const unstaked = account(privateKeys[1]!);
const chain = await startChain({
  CHAIN_ID: 'pocket-lego-testnet',
  BLOCK_TIME_SECONDS: '0.5',
  STAKED_SUPPLIERS: supplier.address,
});
const keys = { keys_file: scratchFile(stringify({ keys: privateKeys })) };
const node = {
  query_node_rpc_url: chain.rpcUrl,
  query_node_grpc_url: chain.grpcAddress,
  grpc_insecure: true,
};
const address = async () => `127.0.0.1:${await freePort()}`;
const portOf = (addr: string) => Number(addr.slice(addr.lastIndexOf(':') + 1));

async function startMiner(line: 'released' | 'snapshot', redisUrl: string) {
  const metrics = await address();
  const config = {
    ...minerConfig(),
    redis: { url: redisUrl },
    keys,
    pocket_node: { ...node, chain_id: 'pocket-lego-testnet' },
    metrics: { addr: metrics },
    // Leases far longer than the tests wait: a hand-over in time proves that they were released.
    leader_election: { leader_ttl_seconds: 60, heartbeat_rate_seconds: 1 },
    supplier_claiming: {
      claim_ttl_seconds: 60,
      renew_rate_seconds: 1,
      rebalance_interval_seconds: 1,
    },
  };
  const running = startRelayminer(line, 'miner', config);
  await eventually('miner starts', async () => /miner started/.test(running.stderr()));
  return { ...running, port: portOf(metrics) };
}

describe('a relayer and two miners', { skip: missing('experimental') }, () => {
  let redis: Redis;
  let redisUrl: string;
  let relayer: Running;
  let config: Loose;
  const ingress = () => `http://${config.listen_addr}`;
  const health = () => `http://${config.health_check.addr}`;
  const post = (body: Uint8Array | string, headers: Record<string, string> = {}) =>
    fetch(`${ingress()}/eth`, {
      method: 'POST',
      body: body as BodyInit,
      headers: { 'rpc-type': '3', ...headers },
    });
  const refused = async (body: Uint8Array | string, headers?: Record<string, string>) => {
    const response = await post(body, headers);
    const { error } = (await response.json()) as { error: string };
    return [response.status, typeof error] as const;
  };

  before(async () => {
    const real = await startRedis(
      'experimental',
      '--maxmemory',
      '512mb',
      '--maxmemory-policy',
      'noeviction',
    );
    redisUrl = `redis://127.0.0.1:${await startVersionProxy(real, '8.10.1')}`;
    redis = await new Redis(`redis://127.0.0.1:${real}`).connect();
    const backend = await freePort();
    startStandin('backend', [], { PORT: String(backend), EVM_CHAIN_ID: '31337' });
    await eventually('the backend serves', () => canConnect(backend));
    const url = `http://127.0.0.1:${backend}`;
    config = {
      ...relayerConfig(),
      listen_addr: await address(),
      redis: { url: redisUrl },
      keys,
      pocket_node: node,
      metrics: { addr: await address() },
      health_check: { addr: await address() },
      default_max_body_size_bytes: 20_000,
      services: {
        eth: {
          backends: {
            jsonrpc: { url, authentication: { bearer_token: 'backend-token' } },
            websocket: { url: `ws://127.0.0.1:${backend}` },
            rest: { url },
          },
        },
        down: { backends: { jsonrpc: { url: 'http://127.0.0.1:1' } } },
      },
    };
    relayer = startRelayminer('released', 'relayer', config);
    await eventually('relayer starts', async () => /relayer started/.test(relayer.stderr()));
  });

  test('before a miner published: alive, not ready, height 0, relays refused', async () => {
    assert.equal(await (await fetch(`${health()}/health`)).text(), 'OK');
    const ready = await fetch(`${health()}/ready`);
    assert.equal(ready.status, 503);
    assert.equal(
      await ready.text(),
      'no service factor manifest: the miner has not published one yet',
    );
    const inner = await (await fetch(`${ingress()}/health`)).json();
    assert.deepEqual(inner, { status: 'healthy', block_height: 0 });
    await eventually('a refusal for missing prices', async () => {
      const [status] = await refused(relayRequest({ supplier: supplier.address }));
      return status === 503;
    });
  });

  test('miners: one leads and holds the staked supplier; on SIGTERM the other takes over', async () => {
    const first = await startMiner('released', redisUrl);
    await eventually(
      'first leads',
      async () => (await metric(first.port, 'ha_miner_leader_status')) === 1,
    );
    await eventually(
      'first holds the supplier',
      async () => (await metric(first.port, 'ha_miner_supplier_claimed_count')) === 1,
    );
    const second = await startMiner('released', redisUrl);
    assert.equal(await metric(second.port, 'ha_miner_leader_status'), 0);
    assert.equal(await metric(first.port, 'ha_keys_supplier_keys_active'), 2);
    const holder = await redis.send('GET', 'ha:miner:global_leader');
    const shown = await relayminer('released', 'redis', 'leader', '--redis', redisUrl);
    assert.match(shown.stdout, new RegExp(`leader: ${holder}`));
    assert.equal(await redis.send('EXISTS', `ha:miner:claim:${unstaked.address}`), 0);

    first.child.kill('SIGTERM');
    assert.equal(await first.exited, 0);
    await eventually(
      'second leads',
      async () => (await metric(second.port, 'ha_miner_leader_status')) === 1,
    );
    await eventually(
      'second holds the supplier',
      async () => (await metric(second.port, 'ha_miner_supplier_claimed_count')) === 1,
    );
    assert.notEqual(await redis.send('GET', 'ha:miner:global_leader'), holder);
    assert.equal(await (await fetch(`http://127.0.0.1:${second.port}/ready`)).text(), 'Ready');
  });

  test('after a miner published: ready, and the height grows', async () => {
    await eventually(
      'relayer is ready',
      async () => (await fetch(`${health()}/ready`)).status === 200,
    );
    const height = async () =>
      ((await (await fetch(`${ingress()}/ready`)).json()) as Loose).block_height as number;
    const now = await eventually('a height', async () => (await height()) || undefined);
    await eventually('a newer height', async () => (await height()) > now);
    assert.ok(
      (await metric(portOf(config.metrics.addr), 'ha_relayer_current_block_height'))! > 900_000,
    );
    const service = (await (await fetch(`${health()}/ready/eth`)).json()) as Loose;
    assert.deepEqual([service.ready, service.backends.total], [true, 3]);
    assert.equal((await fetch(`${health()}/ready/nope`)).status, 404);
    assert.equal((await fetch(`${health()}/ready/`)).status, 400);
  });

  test('an HTTP relay is answered by the backend, signed, published and consumed', async () => {
    const response = await post(relayRequest({ supplier: supplier.address }));
    assert.deepEqual(
      [response.status, response.headers.get('content-type')],
      [200, 'application/json'],
    );
    const answer = httpAnswer(verifiedPayload(Buffer.from(await response.arrayBuffer()), supplier));
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).result, '0x7a69');
    assert.match(answer.headers, /Bearer backend-token/);
    for (const name of ['ha_relayer_relays_published_total', 'ha_transport_published_total'])
      assert.equal(await metric(portOf(config.metrics.addr), name), 1, name);
    await eventually(
      'the miner consumed it',
      async () => (await redis.send('XLEN', `ha:relays:${supplier.address}`)) === 0,
    );
    const pending = (await redis.send(
      'XPENDING',
      `ha:relays:${supplier.address}`,
      'ha-miners',
    )) as number[];
    assert.equal(pending[0], 0);
  });

  test('an h2c relay, and a gRPC relay, on the same port', async () => {
    const session = http2.connect(ingress());
    const stream = session.request({ ':method': 'POST', ':path': '/eth', 'rpc-type': '3' });
    stream.end(relayRequest({ supplier: supplier.address }));
    assert.equal(httpAnswer(verifiedPayload(await collect(stream, 1e6), supplier)).status, 200);
    session.close();
    const path = '/pocket.service.RelayService/SendRelay';
    const relay = { address: config.listen_addr, path, timeoutMs: 20_000 };
    const answer = await callUnary({
      ...relay,
      request: relayRequest({ supplier: supplier.address }),
    });
    assert.equal(JSON.parse(httpAnswer(verifiedPayload(answer, supplier)).body).result, '0x7a69');
    await assert.rejects(
      callUnary({
        ...relay,
        request: relayRequest({ supplier: supplier.address, service: 'nope' }),
      }),
      (error) => error instanceof GrpcError && error.code === 5,
    );
  });

  test('WebSocket relays: signed answers, 404 for an unknown service, 4001 for garbage', async () => {
    const url = `ws://${config.listen_addr}/`;
    const socket = await connectWebSocket(url, { 'target-service-id': 'eth' });
    const answer = new Promise<Buffer>((resolve) => socket.on('message', resolve));
    socket.send(relayRequest({ supplier: supplier.address, raw: call('eth_chainId') }));
    assert.equal(JSON.parse(verifiedPayload(await answer, supplier).toString()).result, '0x7a69');
    const closed = (one: Socket) => new Promise<number>((resolve) => one.on('close', resolve));
    const code = closed(socket);
    socket.send('{"jsonrpc":"2.0"}');
    assert.equal(await code, 4001);
    await assert.rejects(connectWebSocket(`${url}nope`), /refused with 404/);
    await assert.rejects(connectWebSocket(`${url}down`), /refused with 503/);
  });

  test('a streamed answer arrives as several signed batches', async () => {
    const request = relayRequest({
      supplier: supplier.address,
      method: 'GET',
      url: '/events?count=3',
      body: '',
    });
    const response = await post(request, { 'rpc-type': 'rest' });
    assert.equal(response.headers.get('connection'), 'close');
    const whole = Buffer.from(await response.arrayBuffer()).toString('latin1');
    const batches = whole
      .split('||POKT_STREAM||')
      .filter(Boolean)
      .map((one) => Buffer.from(one, 'latin1'));
    assert.equal(batches.length, 3);
    const events = batches.map((one) => httpAnswer(verifiedPayload(one, supplier)).body);
    assert.match(events.join(''), /"event":1[\s\S]*"event":2[\s\S]*"event":3/);
  });

  test('what cannot be served is refused with the status of the contract', async () => {
    const by = (change: Loose) => relayRequest({ supplier: supplier.address, ...change });
    assert.deepEqual(await refused(call('eth_chainId')), [400, 'string']);
    assert.deepEqual(await refused(by({ supplier: '' })), [400, 'string']);
    assert.deepEqual(await refused(by({ service: 'nope' })), [404, 'string']);
    assert.deepEqual(await refused(by({ supplier: 'pokt1someoneelse' })), [500, 'string']);
    assert.deepEqual(await refused(by({}), { 'rpc-type': 'cometbft' }), [503, 'string']);
    assert.deepEqual(await refused(by({ body: 'x'.repeat(30_000) })), [413, 'string']);
    assert.deepEqual(await refused(by({ service: 'down' })), [502, 'string']);
    const failing = await post(by({ headers: { 'x-standin-status': '500' } }));
    assert.equal(failing.status, 500);
    assert.equal(((await failing.json()) as Loose).result, '0x7a69');
  });

  test('a supplier the registry does not know yet is served, and counted', async () => {
    assert.equal((await post(relayRequest({ supplier: unstaked.address }))).status, 200);
    const name = 'ha_relayer_relays_served_optimistically_total';
    assert.equal(await metric(portOf(config.metrics.addr), name), 1);
  });

  test('a Redis that is reconfigured to evict closes admission', async () => {
    const before = await redis.send('CONFIG', 'GET', 'maxmemory-policy');
    await redis.send('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const status = async () => (await post(relayRequest({ supplier: supplier.address }))).status;
    await eventually('relays are refused', async () => (await status()) === 429);
    await redis.send('CONFIG', 'SET', 'maxmemory-policy', (before as string[])[1]!);
    await eventually('relays are served again', async () => (await status()) === 200);
  });

  test('a replaced keys file is followed, a broken one keeps the keys', async () => {
    const active = () => metric(portOf(config.metrics.addr), 'ha_keys_supplier_keys_active');
    const replace = (content: string) => {
      writeFileSync(`${keys.keys_file}.new`, content, { mode: 0o600 });
      renameSync(`${keys.keys_file}.new`, keys.keys_file);
    };
    replace(stringify({ keys: [privateKeys[0]] }));
    await eventually('one key', async () => (await active()) === 1);
    replace('keys: ["broken"]');
    const errors = 'ha_keys_load_errors_total';
    await eventually('an error', () => metric(portOf(config.metrics.addr), errors));
    assert.equal(await active(), 1);
    replace(stringify({ keys: privateKeys }));
    await eventually('both keys', async () => (await active()) === 2);
  });

  test('SIGTERM: the released relayer finishes what it began, on both protocols', async () => {
    const request = relayRequest({
      supplier: supplier.address,
      headers: { 'x-standin-delay-ms': '6000' },
    });
    const slow = post(request);
    const session = http2.connect(ingress());
    const stream = session.request({ ':method': 'POST', ':path': '/eth', 'rpc-type': '3' });
    stream.end(request);
    await sleep(2000); // until both have arrived
    relayer.child.kill('SIGTERM');
    assert.equal((await slow).status, 200);
    assert.equal(httpAnswer(verifiedPayload(await collect(stream, 1e6), supplier)).status, 200);
    assert.equal(await relayer.exited, 0);
    session.destroy();
  });
});

describe('the snapshot line on Redis 8.0', { skip: missing('trixie') }, () => {
  test('runs, and fails when it acknowledges, for XACKDEL is missing', async () => {
    const port = await startRedis('trixie', '--maxmemory', '256mb');
    const metrics = await address();
    const running = startRelayminer('snapshot', 'miner', {
      ...minerConfig(),
      redis: { url: `redis://127.0.0.1:${port}` },
      keys,
      pocket_node: node,
      metrics: { addr: metrics },
    });
    await eventually('miner starts', async () => /miner started/.test(running.stderr()));
    const redis = await new Redis(`redis://127.0.0.1:${port}`).connect();
    await redis.send('XADD', `ha:relays:${supplier.address}`, '*', 'service_id', 'eth');
    await eventually('the failure is logged', async () =>
      /unknown command 'XACKDEL'/.test(running.stderr()),
    );
    assert.ok((await metric(portOf(metrics), 'ha_transport_redis_consume_errors_total'))! >= 1);
    assert.equal(await redis.send('XLEN', `ha:relays:${supplier.address}`), 1);
    redis.close();
  });
});
