import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import {
  backendChecks,
  healthVerdict,
  jsonRpcVerdict,
  webSocketVerdict,
} from '../../../lib/checks/backends.ts';
import type { HttpAnswer } from '../../../lib/probes/http.ts';
import { compileChecks } from '../../../lib/validation/check-script.ts';
import { canConnect, eventually, freePort, startStandin } from '../standins/harness.ts';
import { ask } from './ask.ts';
import { type Changes, labContext, NOTHING } from './deployment.ts';
import { answered } from './moved.ts';

async function told(backends: Changes['backends'], profile = '') {
  const context = labContext({ profile, ...(backends && { backends }) });
  const findings = await ask(backendChecks(context), { secrets: context.secrets.named() });
  return Object.fromEntries(
    Object.values(findings).map(({ id, verdict, evidence }) => [
      id.replace('backends.anvil.', ''),
      `${verdict}: ${evidence}`,
    ]),
  );
}

const http = (status: number, body: string): HttpAnswer => ({
  ...{ status, body, contentType: 'application/json', milliseconds: 1 },
});

test('a backend that answers passes, on every transport', async () => {
  const port = await freePort();
  startStandin('backend', [], { PORT: String(port), EVM_CHAIN_ID: '31337' });
  await eventually('the backend listens', () => canConnect(port));
  const url = `http://127.0.0.1:${port}`;
  const health_check = { enabled: true, interval_seconds: 30, endpoint: '/health' };
  const found = await told({
    jsonrpc: { url, chain_id: '0x7a69' },
    rest: { url, health_check },
    websocket: { url: `ws://127.0.0.1:${port}/` },
  });
  assert.match(found.jsonrpc!, /^pass: chain id 0x7a69, \d+ ms$/);
  assert.match(found.rest!, /^pass: HTTP 200, \d+ ms$/);
  assert.match(found.websocket!, /^pass: 101, upgraded, \d+ ms$/);
  const others = await told({
    jsonrpc: { urls: [url, { name: 'second', url }], chain_id: '31337' },
    rest: { url },
    grpc: { url: `127.0.0.1:${port}` },
    cometbft: { url },
  });
  assert.match(others['jsonrpc.1']!, /^pass: chain id 0x7a69, /);
  assert.match(others['jsonrpc.second']!, /^pass: chain id 0x7a69, /);
  assert.match(others.rest!, /^warn: HTTP 405 at \/: health_check\.endpoint/);
  assert.match(others.grpc!, /^fail/);
  assert.match(others.cometbft!, /^fail/);
});

test('without a chain id to match, only a method that is not known is as good as an answer', () => {
  const of = (status: number, error: unknown, chainId?: string) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error });
    const { verdict, evidence } = jsonRpcVerdict(http(status, body), chainId);
    return `${verdict}: ${evidence}`;
  };
  const unknown = { code: -32601, message: 'Method not found' };
  for (const status of [200, 400, 404])
    assert.equal(of(status, unknown), 'pass: it speaks JSON-RPC: Method not found', `${status}`);
  assert.match(of(200, { code: -32600, message: 'Unsupported method: eth_chainId' }), /^pass/);
  for (const [status, error, words] of [
    [401, { code: -32000, message: 'Must be authenticated!' }, 'Must be authenticated!'],
    [200, { code: -32000, message: 'Must be authenticated!' }, 'Must be authenticated!'],
    [200, 'Must be authenticated!', 'Must be authenticated!'],
    [429, { code: 429, message: 'Too many requests' }, 'Too many requests'],
    [429, unknown, 'Method not found'],
    [500, unknown, 'Method not found'],
    [500, { code: -32603, message: 'Internal error' }, 'Internal error'],
    [403, { code: 1 }, '{"code":1}'],
  ] as const)
    assert.equal(of(status, error), `fail: HTTP ${status}, eth_chainId: ${words}`);
  assert.match(of(200, unknown, '0x1'), /^fail/);
  const answers = (status: number, result: unknown) =>
    jsonRpcVerdict(http(status, JSON.stringify({ result })), undefined).verdict;
  assert.equal(answers(200, '0x1'), 'pass');
  assert.equal(answers(500, '0x1'), 'fail');
  assert.equal(answers(200, null), 'fail');
});

test('of gRPC, only a server that is well or has no health to tell passes', () => {
  const of = (status: number, serving: number) =>
    healthVerdict({ status, message: 'why', response: Buffer.from([0x08, serving]) });
  assert.equal(of(0, 1).verdict, 'pass');
  assert.equal(of(12, 0).verdict, 'pass');
  assert.equal(of(5, 0).verdict, 'pass');
  for (const serving of [0, 2, 3]) assert.equal(of(0, serving).verdict, 'fail', `${serving}`);
  for (const status of [2, 4, 7, 8, 13, 14, 16]) {
    const { verdict, evidence } = of(status, 1);
    assert.equal(
      `${verdict}: ${evidence}`,
      `fail: gRPC status ${status}: why; wanted: SERVING, 5 or 12`,
    );
  }
});

test('a gRPC backend is asked as the relayer signs in there', async (t) => {
  const seen: unknown[] = [];
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    seen.push(headers['x-api-key'], headers.authorization);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' });
    stream.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  process.env.TEST_BACKEND_TOKEN = 'canary-77';
  const found = await told({
    grpc: {
      url: `127.0.0.1:${port}`,
      headers: { 'x-api-key': 'env:TEST_BACKEND_TOKEN' },
      authentication: { bearer_token: 'env:TEST_BACKEND_TOKEN' },
    },
  });
  assert.match(found.grpc!, /^pass: gRPC status 12: /);
  assert.deepEqual(seen, ['canary-77', 'Bearer canary-77']);
});

test('a backend that takes long is worth a look', () => {
  const [check] = backendChecks(
    labContext({ backends: { jsonrpc: { url: `http://${NOTHING}` } } }),
  );
  const after = (milliseconds: number) =>
    check!.judge(answered('{"result":"0x7a69"}\n200 application/json', { milliseconds }));
  assert.equal(after(2000).verdict, 'pass');
  const slow = after(7900);
  assert.equal(slow.verdict, 'warn');
  assert.equal(slow.evidence, 'chain id 0x7a69, 7900 ms; wanted: at most 2000');
});

test('a dead backend fails', async () => {
  const found = await told({
    jsonrpc: { url: `http://${NOTHING}` },
    rest: { url: `http://${NOTHING}` },
    websocket: { url: `ws://${NOTHING}` },
    grpc: { url: NOTHING },
    cometbft: { url: `http://${NOTHING}` },
  });
  assert.equal(Object.keys(found).length, 5);
  for (const [transport, finding] of Object.entries(found)) {
    assert.match(finding, /^fail: no answer: .*connect/i, transport);
  }
});

test('a backend of another chain fails', async () => {
  const port = await freePort();
  startStandin('backend', [], { PORT: String(port), EVM_CHAIN_ID: '1' });
  await eventually('the backend listens', () => canConnect(port));
  const found = await told({ jsonrpc: { url: `http://127.0.0.1:${port}`, chain_id: '0x7a69' } });
  assert.equal(found.jsonrpc, 'fail: chain id 0x1; the profile says 0x7a69');
});

test('a web server is no backend', async (t) => {
  let status = 200;
  let body = '';
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization, String(request.headers['x-api-key']));
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  for ([status, body] of [
    [200, '<html>welcome</html>'],
    [200, '{}'],
    [200, '[]'],
    [200, 'null'],
    [404, 'not found'],
    [502, ''],
  ] as const) {
    const found = await told({
      jsonrpc: { url },
      websocket: { url: `ws://127.0.0.1:${port}` },
      cometbft: { url },
    });
    for (const [transport, finding] of Object.entries(found)) {
      assert.match(finding, /^fail/, `${transport}: ${status} ${body}`);
    }
  }
});

test('a probe signs in as the relayer does, and shows no credential', async (t) => {
  const seen: (string | string[] | undefined)[][] = [];
  const server = createServer(({ headers }, response) => {
    seen.push([headers.authorization, headers['x-api-key']]);
    response.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  process.env.TEST_BACKEND_TOKEN = 'canary "token" \\ 77';
  const context = labContext({
    backends: {
      jsonrpc: {
        url: `http://127.0.0.1:${port}`,
        headers: { 'x-api-key': 'env:TEST_BACKEND_TOKEN' },
        authentication: { username: 'me', password: 'env:TEST_BACKEND_TOKEN' },
      },
    },
  });
  const secrets = context.secrets.named();
  const script = compileChecks('x', backendChecks(context), secrets);
  assert.doesNotMatch(script.text, /canary/);
  const [finding] = Object.values(await ask(backendChecks(context), { secrets }));
  assert.equal(finding!.verdict, 'pass', finding!.evidence);
  const basic = Buffer.from('me:canary "token" \\ 77').toString('base64');
  assert.deepEqual(seen, [[`Basic ${basic}`, 'canary "token" \\ 77']]);
});

test('only the answer that belongs to the handshake is an upgrade', () => {
  const head = (first: string, accept: string) =>
    answered(`${first}\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  const good = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
  assert.equal(webSocketVerdict(head('HTTP/1.1 101 Switching Protocols', good)).verdict, 'pass');
  assert.equal(webSocketVerdict(head('HTTP/1.1 101 Switching Protocols', 'else')).verdict, 'fail');
  assert.equal(webSocketVerdict(head('HTTP/1.1 200 OK', good)).verdict, 'fail');
  assert.equal(webSocketVerdict(answered('')).verdict, 'fail');
});
