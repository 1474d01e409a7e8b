import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  chainChecks,
  networkVerdict,
  nodeInfoVerdict,
  syncVerdict,
} from '../../../lib/checks/chain.ts';
import { heightsVerdict } from '../../../lib/checks/chain-heights.ts';
import { registryChecks } from '../../../lib/checks/registry.ts';
import type { HttpAnswer } from '../../../lib/probes/http.ts';
import { fieldOf, fieldsOf, numberOf, textField } from '../../../lib/probes/protobuf.ts';
import { startChain } from '../standins/harness.ts';
import { ask } from './ask.ts';
import { labContext, NOTHING } from './deployment.ts';
import { answered, moved } from './moved.ts';

/** A stand-in chain with this id; the context whose profile says the lab's `pocket-lego-testnet`. */
async function chain(id: string, environment: Record<string, string> = {}) {
  const { registryUrl: _, ...network } = await startChain({ CHAIN_ID: id, ...environment });
  return labContext({ network: { ...network, grpcInsecure: true } });
}
const verdicts = async (context: ReturnType<typeof labContext>) =>
  Object.fromEntries(
    Object.values(await ask(chainChecks(context))).map(({ id, verdict, evidence }) => [
      id,
      `${verdict}: ${evidence}`,
    ]),
  );

test('a chain that is the profile’s passes', async () => {
  const found = await verdicts(await chain('pocket-lego-testnet'));
  assert.match(found['chain.sync']!, /^pass: block \d+ is \d s old$/);
  assert.deepEqual(
    [found['chain.rpc'], found['chain.grpc'], found['chain.api']],
    Array(3).fill('pass: pocket-lego-testnet'),
  );
});

test('endpoints at one height agree, and one that was left behind is told', async () => {
  const ahead = await startChain({ CHAIN_ID: 'pocket', BLOCK_TIME_SECONDS: '0.02' });
  const stuck = await startChain({ CHAIN_ID: 'pocket', CATCHING_UP: 'true' });
  await sleep(500);
  const { registryUrl: _, ...network } = ahead;
  const agreed = async (changes: object) =>
    (await verdicts(labContext({ network: { ...network, grpcInsecure: true, ...changes } })))[
      'chain.agree'
    ]!;
  const same = { ...stuck, registryUrl: undefined };
  assert.match(await agreed(same), /^pass: RPC 900000, gRPC 900000, REST 900000$/);
  for (const behind of [
    { grpcAddress: stuck.grpcAddress },
    { apiUrl: stuck.apiUrl },
    { rpcUrl: stuck.rpcUrl },
  ])
    assert.match(await agreed(behind), /^fail: .* blocks apart; wanted: at most 3$/);
  assert.equal(await agreed({ grpcAddress: NOTHING }), 'skip: no height from gRPC');
  assert.equal(await agreed({ apiUrl: `http://${NOTHING}` }), 'skip: no height from REST');
});

test('how far apart heights may be', () => {
  const apart = (blocks: number) =>
    heightsVerdict([
      { name: 'RPC', height: 900_000 + blocks },
      { name: 'gRPC', height: 900_000 },
    ]).verdict;
  assert.deepEqual([0, 3, 4, 10, 11].map(apart), ['pass', 'pass', 'warn', 'warn', 'fail']);
});

test('a wrong chain id fails', async () => {
  const found = await verdicts(await chain('pocket'));
  const wrong = 'fail: chain id pocket; wanted: pocket-lego-testnet';
  assert.deepEqual(
    [found['chain.rpc'], found['chain.grpc'], found['chain.api']],
    [wrong, wrong, wrong],
  );
});

test('main and a local network share a chain id, and differ in their blocks', () => {
  const { network } = labContext().deployment;
  const of = (name: 'main' | 'local', height: number, seconds: number, more: object = {}) => {
    const latest = Date.parse('2026-08-19T12:00:00Z');
    const body = JSON.stringify({
      result: {
        node_info: { network: 'pocket' },
        sync_info: {
          catching_up: false,
          latest_block_height: `${height}`,
          latest_block_time: new Date(latest).toISOString(),
          earliest_block_height: `${height - 10}`,
          earliest_block_time: new Date(latest - 10_000 * seconds).toISOString(),
          ...more,
        },
      },
    });
    const answer = { status: 200, contentType: 'application/json', milliseconds: 1, body };
    const { verdict, evidence } = networkVerdict(answer, { ...network, name, chainId: 'pocket' });
    return `${verdict}: ${evidence}`;
  };
  assert.equal(of('main', 883_700, 62), 'pass: pocket');
  assert.equal(of('main', 100_000, 62), 'pass: pocket');
  assert.equal(
    of('main', 99_999, 2),
    'warn: pocket, but at block 99999: main is above 100000, and a local network has the same id',
  );
  assert.equal(of('main', 500, 2, { catching_up: true }), 'pass: pocket', 'it is on its way');
  assert.equal(of('local', 500, 2), 'pass: pocket');
  assert.equal(of('local', 2_000_000, 2), 'pass: pocket', 'it has run for weeks');
  assert.equal(of('local', 500, 60), 'pass: pocket', 'its blocks are as slow as main’s');
  assert.equal(
    of('local', 883_700, 62),
    'warn: pocket, but at block 883700, with one in 62 s: so is main, which has the same id',
  );
  assert.equal(of('local', 883_700, 62, { earliest_block_time: undefined }), 'pass: pocket');
});

test('whoever asks main for a local network is warned, of the answer that is asked for anyway', async () => {
  const { registryUrl: _, ...main } = await startChain({
    CHAIN_ID: 'pocket',
    BLOCK_TIME_SECONDS: '60',
  });
  const told = async (name: 'main' | 'local') => {
    const context = labContext({
      network: { ...main, grpcInsecure: true, name, chainId: 'pocket' },
    });
    return (await verdicts(context))['chain.rpc']!;
  };
  assert.equal(await told('main'), 'pass: pocket');
  assert.match(await told('local'), /^warn: pocket, but at block 900000, with one in 60 s/);
});

test('a node that is catching up fails', async () => {
  const found = await verdicts(await chain('pocket-lego-testnet', { CATCHING_UP: 'true' }));
  assert.match(found['chain.sync']!, /^fail: it is catching up/);
});

test('a 404 or 400 from RPC is not reachable', async (t) => {
  let status = 404;
  const server = createServer((_, response) => response.writeHead(status).end('{"result":{}}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const rpcUrl = `http://127.0.0.1:${port}`;
  const context = labContext({
    network: { rpcUrl, apiUrl: rpcUrl, grpcAddress: `127.0.0.1:${port}`, grpcInsecure: true },
  });
  for (status of [404, 400, 200, 301, 500]) {
    const found = await verdicts(context);
    for (const [id, told] of Object.entries(found))
      assert.match(told, id === 'chain.agree' ? /^skip/ : /^fail/, `${id} at ${status}`);
  }
});

test('an empty or missing list of delegators fails while the wizard needs it, and is a warning afterwards', () => {
  const [check] = registryChecks(labContext());
  const wizard = (body: string, status = 200) =>
    Buffer.from(`${body}\n${status} application/json\n`).toString('base64');
  const open = wizard('{"isBootstrapped":false}');
  const done = wizard('{"isBootstrapped":true}');
  const cases: [wizard: string, output: string, says: string][] = [
    [open, '[{"name":"a","identity":"02"}]\n200 text/plain', 'pass 1 delegators: a'],
    [open, '[]\n200 text/plain', 'fail HTTP 200 without a list: the wizard cannot be completed'],
    [open, '{"a":1}\n200 json', 'fail HTTP 200 without a list: the wizard cannot be completed'],
    [open, '404: Not\n404 x', 'fail HTTP 404 without a list: the wizard cannot be completed'],
    [open, '[{"name":"a"}]\n500 x', 'fail HTTP 500 without a list: the wizard cannot be completed'],
    [done, '[]\n200 text/plain', 'warn HTTP 200 without a list'],
    [done, '[{"name":"a"}]\n200 text/plain', 'pass 1 delegators: a'],
    // What the Provider's not answering means is told by its own checks.
    ['', '[]\n200 text/plain', 'warn HTTP 200 without a list'],
    [wizard('', 500), '[]\n200 text/plain', 'warn HTTP 200 without a list'],
  ];
  for (const [first, output, says] of cases) {
    const { verdict, evidence } = check!.judge(answered(`${first}\n${output}`));
    assert.equal(`${verdict} ${evidence}`, says);
  }
  const silent = { status: 7, errors: 'curl: (7) Connection refused' };
  assert.equal(check!.judge(answered(`${open}\n`, silent)).verdict, 'fail');
  assert.equal(check!.judge(answered(`${done}\n`, silent)).verdict, 'warn');
});

test('the list of delegators is asked together with the Provider’s wizard', async (t) => {
  const server = createServer(({ url }, response) => {
    if (url === '/api/bootstrap') response.end('{"isBootstrapped":false}');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const delegatorsUrl = `http://127.0.0.1:${port}/nobody.json`;
  const checks = moved(registryChecks(labContext({ network: { delegatorsUrl } })), { 3001: port });
  const { verdict, evidence } = (await ask(checks))['registry.delegators']!;
  assert.deepEqual(
    [verdict, evidence],
    ['fail', 'HTTP 404 without a list: the wizard cannot be completed'],
  );
});

test('a chain that has stopped is told by the age of its newest block', async () => {
  const found = await verdicts(await chain('pocket-lego-testnet', { HALTED: 'true' }));
  assert.match(found['chain.sync']!, /^fail: block 900000 is 3\d{3} s old; wanted: at most 90 s$/);
});

test('the age of the newest block, by network', () => {
  const context = labContext();
  const now = Date.parse('2026-08-19T12:00:00Z') / 1000;
  const answer = (age: number): HttpAnswer => ({
    status: 200,
    contentType: 'application/json',
    milliseconds: 1,
    body: JSON.stringify({
      result: {
        sync_info: {
          catching_up: false,
          latest_block_height: '883700',
          latest_block_time: new Date((now - age) * 1000).toISOString(),
        },
      },
    }),
  });
  const { network } = context.deployment;
  const main = { ...network, name: 'main', blockTimeSeconds: 60 } as const;
  const cases: [seconds: number, beta: string, main: string][] = [
    [20, 'pass', 'pass'],
    [100, 'warn', 'pass'],
    [181, 'fail', 'warn'],
    [301, 'fail', 'fail'],
    [-20, 'pass', 'pass'],
    [-60, 'warn', 'warn'],
  ];
  for (const [age, beta, wanted] of cases) {
    assert.equal(syncVerdict(answer(age), now, network).verdict, beta, `beta, ${age} s`);
    assert.equal(syncVerdict(answer(age), now, main).verdict, wanted, `main, ${age} s`);
  }
});

test('GetNodeInfo is read from its bytes, whole or cut', () => {
  const head =
    'HTTP/2 200 \r\ncontent-type: application/grpc\r\n\r\ngrpc-status: 0\r\ngrpc-message: \r\n\r\n';
  const framed = (message: Buffer) => {
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(message.length, 1);
    return answered(head + Buffer.concat([frame, message]).toString('base64'));
  };
  const lego = Buffer.from('0a190a002213706f636b65742d6c65676f2d746573746e65744200', 'hex');
  const main = Buffer.from('0a0c0a002206706f636b6574420012081a06302e312e3335', 'hex');
  assert.equal(nodeInfoVerdict(framed(lego), 'pocket-lego-testnet').verdict, 'pass');
  assert.equal(nodeInfoVerdict(framed(lego), 'pocket').verdict, 'fail');
  assert.equal(nodeInfoVerdict(framed(main), 'pocket').verdict, 'pass');
  const long = Buffer.concat([main, Buffer.from([0x12, 0xff, 0xff, 0x03]), Buffer.alloc(9000)]);
  assert.equal(nodeInfoVerdict(framed(long), 'pocket').verdict, 'pass', 'the end is missing');
  assert.equal(nodeInfoVerdict(framed(Buffer.alloc(0)), 'pocket').verdict, 'fail');
  assert.equal(nodeInfoVerdict(framed(main.subarray(0, 9)), 'pocket').verdict, 'fail');
  const refused = 'HTTP/2 200 \r\ncontent-type: application/grpc\r\ngrpc-status: 12\r\n\r\n';
  assert.equal(nodeInfoVerdict(answered(refused), 'pocket').verdict, 'fail');
  assert.equal(nodeInfoVerdict(answered('HTTP/2 200 \r\n\r\n'), 'pocket').verdict, 'fail');
});

test('protobuf fields', () => {
  assert.equal(fieldOf(textField(1, 'provider'), 1)?.toString(), 'provider');
  assert.equal(fieldOf(textField(1, 'provider'), 2), undefined);
  const skipped = Buffer.from('0801' + '15aabbccdd' + '190011223344556677' + '2a026f6b', 'hex');
  assert.equal(fieldOf(skipped, 5)?.toString(), 'ok');
  assert.equal(fieldOf(Buffer.from('2affffffffffffffffffff01', 'hex'), 5), undefined);
  assert.equal(fieldOf(Buffer.from('0b', 'hex'), 1), undefined);
  const twice = Buffer.concat([textField(2, 'a'), textField(2, 'b')]);
  assert.deepEqual(fieldsOf(twice, 2).map(String), ['a', 'b']);
  assert.equal(numberOf(Buffer.from('10a0f736', 'hex'), 2), 900_000);
  assert.equal(numberOf(Buffer.from('08ffffffffffff0f', 'hex'), 1), 2 ** 46 - 1, 'past 32 bits');
  assert.equal(numberOf(textField(2, 'a'), 2), 0, 'a text is no number');
});
