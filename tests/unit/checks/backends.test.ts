import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { backendChecks, webSocketVerdict } from '../../../lib/checks/backends.ts';
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
