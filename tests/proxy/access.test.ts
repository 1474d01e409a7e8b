import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skip, startProxy } from './caddy.ts';
import { open, request } from './client.ts';
import { endAll, ends } from './ending.ts';
import { network } from './network.ts';
import { startUpstream, type Upstream } from './upstream.ts';

const PORTAL = 'portal.nodes.net';
const PASSWORD = 'a pass$word of {many} "signs"';
const USER = { user: 'me', password: 'env:TEST_PORTAL_PASSWORD' };
const basic = (name: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

describe('who gets where behind the proxy', { skip, timeout: 240_000 }, () => {
  before(() => {
    process.env.TEST_PORTAL_PASSWORD = PASSWORD;
  });
  afterEach(endAll);
  after(() => {
    delete process.env.TEST_PORTAL_PASSWORD;
  });

  /** A proxy with a portal, and the Provider behind it. */
  const portal = async (provider_admin: Record<string, unknown>) => {
    const net = network();
    const provider = await startUpstream(net(21), 3001);
    const proxy = await startProxy(net, {
      provider_domain: PORTAL,
      reverse_proxy: { tls: 'internal', provider_admin },
    });
    const ask = (from: string, headers = {}) =>
      request(proxy.https, PORTAL, 'GET', '/admin', headers, '', { from });
    return { net, provider, proxy, ask };
  };

  test('the portal is for a range of addresses, whatever a header says, and not for the gateway', async () => {
    const { net, provider, ask } = await portal({
      allow_from: ['127.0.0.64/26', '2001:db8::/32'],
    });
    assert.equal((await ask('127.0.0.65')).status, 200);
    provider.arrived.length = 0;
    const claims = {
      'X-Forwarded-For': '127.0.0.65',
      Forwarded: 'for=127.0.0.65',
      'X-Real-IP': '127.0.0.65',
    };
    for (const from of ['127.0.0.1', '127.0.0.128', net(99)]) {
      assert.equal((await ask(from, claims)).status, 403, from);
    }
    assert.deepEqual(provider.arrived, []);
  });

  test('the gateway of Docker’s network is nobody, even within the range', async () => {
    const { net, provider, ask } = await portal({ allow_from: ['127.0.0.0/8'] });
    assert.equal((await ask('127.0.0.1')).status, 200);
    assert.equal((await ask(net(99))).status, 403);
    assert.equal(provider.arrived.length, 1);
  });

  test('the portal is for a user with a password, which the Provider does not get to see', async () => {
    const { provider, ask } = await portal(USER);
    const without = await ask('127.0.0.1');
    assert.equal(without.status, 401);
    assert.match(without.headers['www-authenticate'] ?? '', /^Basic/);
    for (const [name, password] of [
      ['me', 'wrong'],
      ['me', ''],
      ['you', PASSWORD],
    ] as const) {
      assert.equal((await ask('127.0.0.1', basic(name, password))).status, 401);
    }
    assert.equal(provider.arrived.length, 0);
    const answer = await ask('127.0.0.1', basic('me', PASSWORD));
    assert.equal(answer.status, 200);
    assert.deepEqual(
      provider.arrived.map((one) => one.headers.authorization),
      [undefined],
    );
    assert.match(answer.headers['strict-transport-security'] ?? '', /max-age/);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  });

  test('with both, both are asked for', async () => {
    const { ask } = await portal({ ...USER, allow_from: ['127.0.0.64/26'] });
    assert.equal((await ask('127.0.0.1', basic('me', PASSWORD))).status, 403);
    assert.equal((await ask('127.0.0.65')).status, 401);
    assert.equal((await ask('127.0.0.65', basic('me', PASSWORD))).status, 200);
  });

  test('a body above 1 MB reaches neither the portal nor the Middleman, one below it does', async () => {
    const { net, provider, proxy } = await portal({ allow_from: ['127.0.0.0/8'] });
    const middleman = await startUpstream(net(22), 3000);
    for (const [name, upstream] of [
      [PORTAL, provider],
      ['stake.nodes.net', middleman],
    ] as const) {
      const post = async (bytes: number) => {
        upstream.arrived.length = 0;
        const body = Buffer.alloc(bytes, 'x');
        const { status } = await request(proxy.https, name, 'POST', '/admin', {}, body);
        return { status, arrived: upstream.arrived.map((one) => one.body.length) };
      };
      assert.deepEqual(await post(900_000), { status: 200, arrived: [900_000] }, name);
      const { status, arrived } = await post(1_100_000);
      // 0: ended while the client was still sending. 2.6 finds out when it has begun to pass it on.
      assert.ok([0, 413].includes(status), `${name}: ${status}`);
      assert.deepEqual(arrived, [], name);
    }
  });

  test('without a name of its own there is no portal', async () => {
    const net = network();
    const provider = await startUpstream(net(21), 3001);
    const proxy = await startProxy(net);
    await assert.rejects(open(proxy.https, PORTAL));
    const { status } = await request(proxy.https, 'stake.nodes.net', 'GET', '/admin', {
      Host: PORTAL,
    });
    assert.equal(status, 404);
    assert.deepEqual(provider.arrived, []);
  });

  test('the Middleman is public, Grafana but for its metrics; what signs for anybody does so for 32 at a time', async () => {
    const net = network();
    const middleman = await startUpstream(net(22), 3000, (_, response) => {
      response.setHeader('set-cookie', 'middleman.authjs.x=1');
      (response as ServerResponse).end('page');
    });
    const grafana = await startUpstream(net(23), 3002);
    const proxy = await startProxy(net);
    const page = await request(proxy.https, 'stake.nodes.net', 'GET', '/providers', {
      Cookie: 'a=b',
    });
    assert.equal(page.status, 200);
    assert.equal(page.headers['set-cookie'], 'middleman.authjs.x=1');
    assert.equal(page.headers['x-frame-options'], 'SAMEORIGIN');
    assert.equal(middleman.arrived[0]?.headers.cookie, 'a=b');
    assert.equal(middleman.arrived[0]?.headers.host, 'stake.nodes.net');
    const { status } = await request(proxy.https, 'grafana.nodes.net', 'GET', '/login');
    assert.equal(status, 200);
    const metrics = await request(proxy.https, 'grafana.nodes.net', 'GET', '/metrics');
    assert.equal(metrics.status, 404);
    assert.equal(grafana.arrived.length, 1);

    middleman.answer = async (_, response) => {
      await sleep(2000);
      (response as ServerResponse).end('{}');
    };
    const asked = Array.from({ length: 40 }, () =>
      request(proxy.https, 'stake.nodes.net', 'POST', '/api/provider-rpc', {}, '{}'),
    );
    const statuses = (await Promise.all(asked)).map((one) => one.status);
    assert.equal(statuses.filter((one) => one === 200).length, 32);
    assert.equal(statuses.filter((one) => one === 503).length, 8);
  });

  test('certificates of your own are used, and taken over anew', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pocket-certificates-'));
    ends(async () => rmSync(directory, { recursive: true, force: true }));
    const path = (name: string) => join(directory, name);
    const make = () =>
      execFileSync(
        'openssl',
        // prettier-ignore
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-days',
          '2',
          '-subj',
          '/CN=relay.nodes.net',
          '-addext',
          'subjectAltName=DNS:relay.nodes.net',
          '-keyout',
          path('relay.key'),
          '-out',
          path('relay.crt'),
        ],
        { stdio: 'pipe' },
      );
    make();
    const net = network();
    const proxy = await startProxy(net, {
      reverse_proxy: {
        tls: 'internal',
        certificates: {
          'Relay.nodes.net': { certificate: path('relay.crt'), key: path('relay.key') },
        },
      },
    });
    const used = async (name: string) => {
      const socket = await open(proxy.https, name);
      const { fingerprint256 } = socket.getPeerX509Certificate()!;
      socket.destroy();
      return fingerprint256;
    };
    const own = async () => {
      const { X509Certificate } = await import('node:crypto');
      return new X509Certificate(readFileSync(path('relay.crt'))).fingerprint256;
    };
    assert.equal(await used('relay.nodes.net'), await own());
    assert.notEqual(await used('api.nodes.net'), await own());
    make();
    proxy.reload();
    assert.equal(await used('relay.nodes.net'), await own());
  });
});

test('the proxy logs who asked what in JSON, and no secret', {
  skip,
  timeout: 60_000,
}, async (t) => {
  t.after(endAll);
  const net = network();
  const upstreams: Upstream[] = [
    await startUpstream(net(21), 3001),
    await startUpstream(net(22), 3000),
  ];
  const proxy = await startProxy(net);
  const canary = (where: string) => `canary-${where}-7c1e9a`;
  const headers = {
    'X-Middleman-Signature': canary('signature'),
    'Pocket-Signature': canary('pocket'),
    Cookie: `session=${canary('cookie')}`,
    Authorization: `Bearer ${canary('authorization')}`,
    Referer: `https://x.net/?key=${canary('referer')}`,
  };
  const ask = (name: string, path: string) =>
    request(proxy.https, name, 'POST', `${path}?key=${canary('query')}`, headers, canary('body'));
  for (const one of upstreams) {
    one.answer = (_, response) => {
      response.setHeader('set-cookie', canary('answer'));
      (response as ServerResponse).end(canary('answered'));
    };
  }
  await ask('api.nodes.net', '/api/status');
  await ask('api.nodes.net', '/refused');
  await ask('stake.nodes.net', '/api/provider-rpc');
  await sleep(5000); // until Caddy knows
  await ask('relay.nodes.net', '/eth'); // no relayer is there: an error, which is logged too
  await Promise.all(upstreams.map((one) => one.close()));
  await ask('api.nodes.net', '/api/status');
  await sleep(500);
  const lines = proxy.log().split('\n').filter(Boolean);
  assert.ok(
    !proxy.log().includes('canary-'),
    lines.find((line) => line.includes('canary-')),
  );
  const entries = lines.map((line) => JSON.parse(line));
  const access = entries.filter(({ logger = '' }) => logger.startsWith('http.log.access'));
  assert.deepEqual(
    access.map(
      ({ request: { host, method, uri }, status }) => `${host} ${method} ${uri} ${status}`,
    ),
    [
      'api.nodes.net POST /api/status?... 200',
      'api.nodes.net POST /refused?... 404',
      'stake.nodes.net POST /api/provider-rpc?... 200',
      'relay.nodes.net POST /eth?... 503',
      'api.nodes.net POST /api/status?... 502',
    ],
  );
  assert.ok(
    entries.some(({ logger = '', request }) => logger.startsWith('http.log.error') && request),
  );
  assert.equal(access[0].request.remote_ip, '127.0.0.1');
});
