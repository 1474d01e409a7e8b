import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeInfo, syncing } from '../../lab/standins/chain/grpc.ts';
import { readSettings } from '../../lab/standins/chain/settings.ts';
import { callUnary, frame, GrpcError } from '../../lab/standins/shared/grpc.ts';
import { Message, text } from '../../lab/standins/shared/protobuf.ts';
import { connectWebSocket } from '../../lab/standins/shared/websocket.ts';
import type { Loose } from './configs.ts';
import { chainOffset, chainPorts, eventually, startChain } from './harness.ts';

const chain = await startChain({
  CHAIN_ID: 'pocket-lego-testnet',
  BLOCK_TIME_SECONDS: '0.3',
  ACCOUNTS: `pokt1fresh:7,pokt1signed:9000000:02${'ab'.repeat(32)}`,
  STAKED_SUPPLIERS: 'pokt1signed:anvil+eth',
  STAKED_ENDPOINTS: 'eth=JSON_RPC=https://relay.nodes.net,eth=WEBSOCKET=wss://relay.nodes.net:444',
});
const { rpcUrl: rpc, apiUrl: rest, grpcAddress: grpc, registryUrl: registry } = chain;
const json = async (url: string, options?: RequestInit) =>
  (await (await fetch(url, options)).json()) as Loose;
const unary = (path: string, request: Uint8Array = Buffer.alloc(0)) =>
  callUnary({ address: grpc, path, request, timeoutMs: 20_000 });

test('whichever port is free, a chain has none that fetch refuses', async () => {
  await assert.rejects(
    fetch('http://127.0.0.1:10080'),
    ({ cause }) => cause.message === 'bad port',
    'the last of the list',
  );
  for (let free = 1; free <= 65_535; free += 1) {
    for (const port of chainPorts(chainOffset(free)))
      assert.ok(port > 10_080 && port <= 65_535, `${port}, where ${free} was free`);
  }
});

test('gRPC messages match the vectors of the contract', () => {
  const vector = Buffer.from('0a190a002213706f636b65742d6c65676f2d746573746e65744200', 'hex');
  const expected = new Message(vector).nested(1)!.text(4);
  assert.equal(new Message(nodeInfo('pocket-lego-testnet')).nested(1)!.text(4), expected);
  const versioned = new Message(
    Buffer.from('0a0c0a002206706f636b6574420012081a06302e312e3335', 'hex'),
  );
  const ours = new Message(nodeInfo('pocket'));
  assert.equal(ours.nested(1)!.text(4), versioned.nested(1)!.text(4));
  assert.equal(ours.nested(2)!.text(3), versioned.nested(2)!.text(3));
  assert.equal(frame(vector).toString('hex'), `000000001b${vector.toString('hex')}`);
  assert.equal(frame(syncing(false)).toString('hex'), '0000000000');
  assert.equal(frame(syncing(true)).toString('hex'), '00000000020801');
});

test('settings refuse a missing chain id, a bad block time and a bad flag', () => {
  assert.throws(() => readSettings({}), /CHAIN_ID is required/);
  assert.throws(
    () => readSettings({ CHAIN_ID: 'pocket', BLOCK_TIME_SECONDS: '0' }),
    /BLOCK_TIME_SECONDS/,
  );
  assert.throws(
    () => readSettings({ CHAIN_ID: 'pocket', ACCOUNTS: 'pokt1a:much' }),
    /ACCOUNTS: much is no amount of uPOKT/,
  );
  assert.throws(
    () => readSettings({ CHAIN_ID: 'pocket', STAKED_SUPPLIERS: 'pokt1a:anvil+polygon' }),
    /STAKED_SUPPLIERS: there is no service polygon/,
  );
  assert.throws(
    () => readSettings({ CHAIN_ID: 'pocket', MINIMUM_GAS_PRICES: '0.1' }),
    /MINIMUM_GAS_PRICES: 0.1 is no price of gas/,
  );
  for (const entry of [
    'nowhere=REST=https://a.net',
    'eth=RPC=https://a.net',
    'eth=GRPC=grpcs://a.net',
  ])
    assert.throws(
      () => readSettings({ CHAIN_ID: 'pocket', STAKED_ENDPOINTS: entry }),
      new RegExp(`STAKED_ENDPOINTS: nobody can be staked with ${entry}`),
    );
  assert.throws(
    () => readSettings({ CHAIN_ID: 'pocket', CATCHING_UP: '1' }),
    /CATCHING_UP must be true or false/,
  );
});

describe('a running chain', () => {
  test('RPC status grows, is fresh, and carries 64-bit integers as text', async () => {
    const first = (await json(`${rpc}/status`)).result;
    assert.equal(first.node_info.network, 'pocket-lego-testnet');
    assert.equal(first.sync_info.catching_up, false);
    assert.equal(typeof first.sync_info.latest_block_height, 'string');
    assert.ok(Date.now() - Date.parse(first.sync_info.latest_block_time) < 10_000);
    assert.match(first.sync_info.latest_block_time, /\.\d{9}Z$/);
    await sleep(700);
    const second = (await json(`${rpc}/status`)).result;
    assert.ok(
      Number(second.sync_info.latest_block_height) > Number(first.sync_info.latest_block_height),
    );
  });

  test('RPC answers its other paths, JSON-RPC by POST, and errors with HTTP 500', async () => {
    assert.deepEqual((await json(`${rpc}/health`)).result, {});
    assert.ok(Number((await json(`${rpc}/net_info`)).result.n_peers) > 0);
    assert.match(
      (await fetch(`${rpc}/abci_info`)).headers.get('cache-control') ?? '',
      /max-age=86400/,
    );
    const block = {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'block' }),
    };
    const answer = await json(rpc, block);
    assert.deepEqual([answer.id, answer.result.block.header.chain_id], [7, 'pocket-lego-testnet']);
    const broken = await fetch(rpc, { method: 'POST', body: '{' });
    assert.equal(broken.status, 500);
  });

  test('a subscription delivers blocks', async () => {
    const socket = await connectWebSocket(`${rpc.replace('http', 'ws')}/websocket`);
    const heights: string[] = [];
    socket.on('message', (data) => {
      const height = JSON.parse(data.toString()).result?.data?.value.block.header.height;
      if (height) heights.push(height);
    });
    socket.send(
      JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'subscribe',
        params: { query: "tm.event='NewBlock'" },
      }),
    );
    await eventually('two blocks', async () => heights.length >= 2);
    socket.close();
  });

  test('REST answers the paths that wizards and checks read', async () => {
    const base = `${rest}/cosmos/base`;
    assert.equal(
      (await json(`${base}/tendermint/v1beta1/node_info`)).default_node_info.network,
      'pocket-lego-testnet',
    );
    assert.equal((await json(`${base}/tendermint/v1beta1/syncing`)).syncing, false);
    assert.ok(Number((await json(`${base}/node/v1beta1/status`)).height) > 0);
    assert.equal(
      (await json(`${rest}/pokt-network/poktroll/supplier/params`)).params.min_stake.amount,
      '59500000000',
    );
    const { service } = await json(
      `${rest}/pokt-network/poktroll/service/service?pagination.limit=1000`,
    );
    assert.ok(service.some((one: { id: string }) => one.id === 'eth'));
    const unknown = await fetch(`${rest}/pokt-network/poktroll/supplier/supplier/pokt1nobody`);
    assert.deepEqual([unknown.status, ((await unknown.json()) as { code: number }).code], [404, 5]);
  });

  test('REST knows accounts, what they have, and suppliers', async () => {
    const account = async (address: string) =>
      (await json(`${rest}/cosmos/auth/v1beta1/accounts/${address}`)).account;
    const key = Buffer.from(`02${'ab'.repeat(32)}`, 'hex').toString('base64');
    assert.equal((await account('pokt1signed')).pub_key.key, key);
    assert.equal((await account('pokt1fresh')).pub_key, null, 'it never signed');
    const unknown = await fetch(`${rest}/cosmos/auth/v1beta1/accounts/pokt1nobody`);
    assert.deepEqual([unknown.status, ((await unknown.json()) as { code: number }).code], [404, 5]);
    const amount = async (address: string) =>
      (await json(`${rest}/cosmos/bank/v1beta1/balances/${address}/by_denom?denom=upokt`)).balance
        .amount;
    assert.deepEqual([await amount('pokt1fresh'), await amount('pokt1nobody')], ['7', '0']);
    const { supplier } = await json(`${rest}/pokt-network/poktroll/supplier/supplier/pokt1signed`);
    assert.deepEqual(
      supplier.services.map(({ service_id }: { service_id: string }) => service_id),
      ['anvil', 'eth'],
    );
    assert.equal(supplier.unstake_session_end_height, '0');
    assert.deepEqual(
      supplier.services.map(({ endpoints }: Loose) =>
        endpoints.map(({ rpc_type, url }: Loose) => `${rpc_type} ${url}`),
      ),
      [
        ['JSON_RPC https://supplier.standin.invalid'],
        ['JSON_RPC https://relay.nodes.net', 'WEBSOCKET wss://relay.nodes.net:444'],
      ],
    );
  });

  test('gRPC answers over h2c, unknown methods with status 12', async () => {
    const info = new Message(await unary('/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo'));
    assert.equal(info.nested(1)!.text(4), 'pocket-lego-testnet');
    assert.equal((await unary('/cosmos.base.tendermint.v1beta1.Service/GetSyncing')).length, 0);
    const status = new Message(await unary('/cosmos.base.node.v1beta1.Service/Status'));
    assert.ok(Math.abs(Number(status.nested(3)!.integer(1)) - Date.now() / 1000) < 10);
    const config = new Message(await unary('/cosmos.base.node.v1beta1.Service/Config'));
    assert.equal(config.text(1), '0.000001000000000000upokt');
    const refused = (code: number) => (error: unknown) =>
      error instanceof GrpcError && error.code === code;
    await assert.rejects(unary('/grpc.health.v1.Health/Check'), refused(12));
    await assert.rejects(unary('/pocket.supplier.Query/Supplier'), refused(5));
    const service = new Message(await unary('/pocket.service.Query/Service', text(1, 'eth')));
    assert.equal(service.nested(1)!.text(1), 'eth');
    for (const id of ['', 'ETH', 'polygon'])
      await assert.rejects(unary('/pocket.service.Query/Service', text(1, id)), refused(5), id);
    await assert.rejects(unary('/cosmos.auth.v1beta1.Query/Account'), refused(5));
    await assert.rejects(unary('/cosmos.bank.v1beta1.Query/Balance'), refused(3));
  });

  test('the registry lists middlemen of this chain only, and the indexer knows the chain', async () => {
    const list = (await json(
      `${registry}/governance/pocket-lego-testnet/middleman.json`,
    )) as unknown as { identity: string }[];
    assert.match(list[0]!.identity, /^0[23][0-9a-f]{64}$/);
    assert.equal((await fetch(`${registry}/governance/pocket/middleman.json`)).status, 404);
    const ask = async (body: unknown, type = 'application/json') => {
      const headers = { 'content-type': type };
      const asked = await fetch(registry, { method: 'POST', headers, body: JSON.stringify(body) });
      return [asked.status, (await asked.json()) as Loose];
    };
    const [, plain] = await ask({ query: '{ _metadata { chain targetHeight } }' });
    assert.deepEqual(Object.keys(plain.data._metadata), ['chain', 'targetHeight']);
    const query = 'query indexerStatus { status: _metadata { chain __typename } }';
    const answer = { data: { status: { chain: 'pocket-lego-testnet', __typename: '_Metadata' } } };
    assert.deepEqual(await ask({ operationName: 'indexerStatus', query }), [200, answer]);
    const refused: [body: unknown, reason: RegExp, type?: string][] = [
      [{ query }, /Must provide a query/, 'text/plain'],
      [{}, /Must provide a query/],
      [{ query: '{ _metadata }' }, /Syntax Error/],
      [{ query: '{ _metadatas { chain } }' }, /"_metadatas" on type "Query"/],
      [{ query: '{ _metadata { network } }' }, /"network" on type "_Metadata"/],
      [{ query, operationName: 'status' }, /Unknown operation named "status"/],
    ];
    for (const [body, reason, type] of refused) {
      const [status, { errors }] = await ask(body, type);
      assert.equal(status, 400);
      assert.match(errors[0].message, reason);
    }
    assert.equal((await fetch(`${registry}/graphql`, { method: 'POST' })).status, 404);
  });
});
