import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RunningProxy, skip, startProxy } from './caddy.ts';
import { openHttp2, raw, request, requestHttp2 } from './client.ts';
import { endAll } from './ending.ts';
import { network } from './network.ts';
import { startUpstream, type Upstream } from './upstream.ts';

const NAME = 'api.nodes.net';

/** What Middlemen call: igniter, apps/provider/src/app/api, 0.9. */
const LISTED: Record<string, string> = {
  '/api/identity': 'GET',
  '/api/status': 'POST',
  '/api/suppliers': 'POST',
  '/api/suppliers/stake': 'POST',
  '/api/suppliers/unstaking': 'POST',
  '/api/suppliers/release': 'POST',
  '/api/suppliers/address-groups': 'POST',
  '/api/import-suppliers/request': 'POST',
  '/api/import-suppliers/submit': 'POST',
  '/api/import-suppliers/status': 'POST',
};
const METHODS = [
  'GET',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'DELETE',
  'PROPFIND',
  'get',
  'post',
];

/** Everything else that the Provider serves, or might. */
const OTHERS = [
  '/',
  '/admin',
  '/admin/setup',
  '/app',
  '/auth/error',
  '/api',
  '/api/',
  '/api/health',
  '/api/bootstrap',
  '/api/rpc/',
  '/api/rpc/cosmos/base/tendermint/v1beta1/node_info',
  '/api/auth/session',
  '/api/auth/csrf',
  '/api/auth/signin/siwp',
  '/api/suppliers/other',
  '/api/import-suppliers',
  '/_next/static/chunks/main.js',
  '/favicon.ico',
  '/.well-known/acme-challenge/x',
  '*',
];

/** Other spellings of a path on the list: each is another path. */
function spellings(path: string): string[] {
  const last = path.lastIndexOf('/');
  return [
    `${path}/`,
    `/${path}`,
    path.replace('/api/', '/api//'),
    path.replace('/api/', '/api/./'),
    path.replace('/api/', '/api/x/../'),
    path.replace('/api/', '/api/x/%2e%2e/'),
    path.replace('/api/', '/api%2f'),
    path.replace('/api/', '/%61pi/'),
    path.replace('/api', '/API'),
    `${path.slice(0, last + 1)}${path[last + 1]?.toUpperCase()}${path.slice(last + 2)}`,
    `${path}%20`,
    `${path}%00`,
    `${path}%3f`,
    `${path};x=1`,
    `${path}.json`,
    `${path}#x`,
    `${path}/..`,
    `${path}/../status`,
    path.slice(1),
    `http://${NAME}${path}`,
    `https://${NAME}${path}`,
    `\\${path.slice(1)}`,
    `{http.request.host}${path}`,
  ];
}

/** Whether a request is let through: the list, to the letter, whatever the query says. */
function wanted(method: string, target: string): boolean {
  const path = target.split('?')[0] ?? '';
  return Object.hasOwn(LISTED, path) && LISTED[path] === method;
}

const TABLE: (readonly [method: string, target: string])[] = [
  ...Object.keys(LISTED).flatMap((path) => METHODS.map((method) => [method, path] as const)),
  ...OTHERS.flatMap((path) => [['GET', path] as const, ['POST', path] as const]),
  ...Object.entries(LISTED).flatMap(([path, method]) =>
    spellings(path).map((target) => [method, target] as const),
  ),
  ['GET', '/api/identity?x=1'],
  ['POST', '/api/suppliers?simulate=true'],
  ['POST', '/api/suppliers?simulate=false'],
  ['POST', '/api/suppliers?'],
  ['POST', '/api/health?/api/status'],
  ['POST', '/api/rpc/x?path=/api/status'],
  ['POST', '/?/api/status'],
];

test('the table has at least 200 combinations of method and path, each once', () => {
  const all = TABLE.map((one) => one.join(' '));
  assert.ok(new Set(all).size >= 200, `${new Set(all).size}`);
  assert.deepEqual(all, [...new Set(all)]);
  assert.equal(TABLE.filter(([method, target]) => wanted(method, target)).length, 14);
});

describe('the Provider’s public API', { skip, timeout: 240_000 }, () => {
  const net = network();
  let proxy: RunningProxy;
  let provider: Upstream;
  before(async () => {
    provider = await startUpstream(net(21), 3001);
    proxy = await startProxy(net);
  });
  after(endAll);

  /** What came of a request: the status, and what arrived at the Provider. */
  const came = async (answer: Promise<{ status: number }>) => {
    provider.arrived.length = 0;
    const { status } = await answer;
    return { status, arrived: provider.arrived.map(({ method, url }) => `${method} ${url}`) };
  };

  test('the list passes, byte for byte, and nothing else does', async () => {
    const wrong: unknown[] = [];
    for (const [method, target] of TABLE) {
      const body = method === 'GET' || method === 'HEAD' ? '' : '{}';
      const { status, arrived } = await came(request(proxy.https, NAME, method, target, {}, body));
      const good = wanted(method, target)
        ? status === 200 && arrived.join() === `${method} ${target}`
        : [400, 403, 404].includes(status) && arrived.length === 0;
      if (!good) wrong.push({ method, target, status, arrived });
    }
    assert.deepEqual(wrong, []);
  });

  test('the same over HTTP/2', async () => {
    const session = openHttp2(proxy.https, NAME);
    const wrong: unknown[] = [];
    for (const [method, target] of TABLE) {
      const headers = {
        ':method': method,
        ':path': target,
        ':authority': NAME,
        ':scheme': 'https',
      };
      const { status, arrived } = await came(requestHttp2(session, headers));
      const good = wanted(method, target)
        ? status === 200 && arrived.length === 1
        : arrived.length === 0 && status !== 200;
      if (!good) wrong.push({ method, target, status, arrived });
    }
    session.destroy();
    assert.deepEqual(wrong, []);
  });

  test('a server action is refused at every path of the list, however it is written', async () => {
    for (const [path, method] of Object.entries(LISTED)) {
      for (const header of [
        { 'Next-Action': 'x' },
        { 'next-action': 'abc' },
        { 'NEXT-ACTION': '' },
      ]) {
        const asked = request(proxy.https, NAME, method, path, header as never, '{}');
        const { status, arrived } = await came(asked);
        assert.deepEqual([status, arrived], [403, []], `${path} ${JSON.stringify(header)}`);
      }
    }
  });

  test('the body and the signature arrive as they were sent; cookies do not, in either direction', async () => {
    provider.answer = (_, response) => {
      response.setHeader('set-cookie', 'a=b');
      response.setHeader('x-powered-by', 'Next.js');
      (response as never as { end(text: string): void }).end('{"error":"no"}');
    };
    const body = '{"addresses": ["x"],  "z":1}\n';
    provider.arrived.length = 0;
    const headers = {
      Cookie: 'session=1',
      Authorization: 'Basic x',
      'X-Middleman-Identity': '02ab',
      'X-Middleman-Signature': 'signed',
      'X-Middleware-Subrequest': 'middleware',
      'X-Invoke-Path': '/admin',
      'X-Matched-Path': '/admin',
      'X-Forwarded-For': '203.0.113.1',
    };
    const answer = await request(proxy.https, NAME, 'POST', '/api/suppliers', headers, body);
    const [arrived] = provider.arrived;
    assert.equal(arrived?.body.toString(), body);
    const { host, cookie, authorization } = arrived?.headers ?? {};
    assert.deepEqual([host, cookie, authorization], [NAME, undefined, undefined]);
    assert.equal(arrived?.headers['x-middleman-identity'], '02ab');
    assert.equal(arrived?.headers['x-middleman-signature'], 'signed');
    for (const name of ['x-middleware-subrequest', 'x-invoke-path', 'x-matched-path'])
      assert.equal(arrived?.headers[name], undefined, name);
    assert.equal(arrived?.headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(arrived?.headers['x-real-ip'], '127.0.0.1');
    assert.equal(arrived?.headers['x-forwarded-proto'], 'https');
    assert.equal(answer.headers['set-cookie'], undefined);
    assert.equal(answer.headers['x-powered-by'], undefined);
    assert.equal(answer.headers.server, undefined);
    assert.match(answer.headers['strict-transport-security'] ?? '', /max-age/);
    assert.equal(answer.body, '{"error":"no"}');
  });

  test('a body above 1 MB is refused', async () => {
    const body = Buffer.alloc(1_100_000, 'x');
    const { status, arrived } = await came(
      request(proxy.https, NAME, 'POST', '/api/suppliers', {}, body),
    );
    // 0: ended while the client was still sending. 2.6 finds out when it has begun to pass it on.
    assert.ok([0, 413].includes(status), `${status}`);
    assert.deepEqual(arrived, []);
  });

  test('another name is nobody’s: neither its name, nor its address, nor a site’s name without TLS', async () => {
    for (const host of ['evil.net', '127.0.0.1', 'provider']) {
      const asked = request(proxy.https, NAME, 'GET', '/api/identity', { Host: host });
      assert.deepEqual(await came(asked), { status: 404, arrived: [] }, host);
    }
    const plain = await fetch(`http://127.0.0.1:${proxy.http}/api/identity`);
    assert.equal(plain.status, 404);
  });

  test('two requests in one, as smugglers send them, are one at most', async () => {
    const head = `POST /api/status HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\nContent-Length: 0\r\nTransfer-Encoding: chunked`;
    const smuggled = '0\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n';
    const { arrived } = await came(raw(proxy.https, NAME, head, smuggled));
    assert.ok(!arrived.includes('GET /admin'));
  });
});
