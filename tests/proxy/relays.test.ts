import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningProxy, skip, startProxy } from './caddy.ts';
import { open, openHttp2, request, requestHttp2 } from './client.ts';
import { endAll } from './ending.ts';
import { network } from './network.ts';
import { ok, startUpstream, type Upstream } from './upstream.ts';

const NAME = 'relay.nodes.net';
const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };

describe('relays through the proxy', { skip, timeout: 240_000 }, () => {
  const net = network();
  let proxy: RunningProxy;
  let relayers: [Upstream, Upstream];
  /** Their health ports; not ready with anything but 200. */
  const ready = [200, 200];
  const asked: string[] = [];

  before(async () => {
    relayers = [await startUpstream(net(11), 8080), await startUpstream(net(12), 8080)];
    for (const [index, last] of [11, 12].entries()) {
      await startUpstream(net(last), 8081, ({ url }, response) => {
        asked.push(url);
        response.statusCode = ready[index]!;
        ok({} as never, response);
      });
    }
    proxy = await startProxy(net);
  });
  after(endAll);
  beforeEach(() => {
    for (const relayer of relayers) {
      relayer.arrived.length = 0;
      relayer.answer = ok;
    }
  });

  /** What arrived, without the questions of health checks. */
  const arrived = () =>
    relayers.flatMap((one) => one.arrived).filter(({ url }) => url !== '/health');
  const relay = (body: Buffer | string, headers = {}) =>
    request(proxy.https, NAME, 'POST', '/eth', { ...PROTOBUF, ...headers }, body);

  test('a body of 16 MiB arrives byte for byte, over HTTP/1.1', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024, 'relay ');
    assert.equal((await relay(body)).status, 200);
    const [one] = arrived();
    assert.deepEqual([arrived().length, one?.version], [1, '1.1']);
    assert.ok(one?.body.equals(body));
  });

  test('headers of the protocol arrive; the one that the relayer would take for a service does not', async () => {
    const headers = {
      'Target-Service-Id': 'eth',
      'Rpc-Type': '3',
      'Pocket-Supplier-Address': 'pokt1x',
      'App-Address': 'pokt1y',
      'X-Forwarded-Host': 'evil',
    };
    await relay('x', headers);
    const { headers: got = {} } = arrived()[0] ?? {};
    assert.equal(got['x-forwarded-host'], undefined);
    for (const name of ['target-service-id', 'rpc-type', 'pocket-supplier-address', 'app-address'])
      assert.ok(got[name], name);
  });

  test('nothing is compressed, and nothing for browsers is added', async () => {
    for (const relayer of relayers) {
      relayer.answer = (_, response) => {
        response.setHeader('content-type', 'application/json');
        (response as ServerResponse).end('a'.repeat(10_000));
      };
    }
    const answer = await relay('x', { 'Accept-Encoding': 'gzip, zstd, br' });
    assert.equal(answer.headers['content-encoding'], undefined);
    assert.equal(answer.headers['strict-transport-security'], undefined);
    assert.ok(answer.body.includes('a'.repeat(10_000)));
  });

  test('gRPC goes as HTTP/2 all the way, with its trailers', async () => {
    for (const relayer of relayers) {
      relayer.answer = (_, given) => {
        const response = given as Http2ServerResponse;
        response.setHeader('content-type', 'application/grpc');
        response.addTrailers({ 'grpc-status': '0' });
        response.end('answer');
      };
    }
    const session = openHttp2(proxy.https, NAME);
    const ask = (path: string, type: string) =>
      requestHttp2(
        session,
        { ':method': 'POST', ':path': path, 'content-type': type, te: 'trailers' },
        'question',
      );
    for (const [path, type] of [
      ['/pocket.service.RelayService/SendRelay', 'application/grpc'],
      ['/elsewhere', 'application/grpc+proto'],
      ['/pocket.service.RelayService/SendRelay', 'application/x-protobuf'],
    ] as const) {
      const answer = await ask(path, type);
      assert.equal(answer.body, 'answer', path);
      assert.equal(answer.headers['grpc-status'], '0', path);
    }
    session.destroy();
    assert.deepEqual(
      arrived().map(({ version, method }) => [version, method]),
      [2, 2, 2].map(() => ['2.0', 'POST']),
    );
  });

  test('gRPC-Web goes as HTTP/1.1', async () => {
    const type = { 'Content-Type': 'application/grpc-web+proto' };
    const { status } = await relay('question', type);
    assert.equal(status, 200);
    assert.deepEqual(
      arrived().map(({ version }) => version),
      ['1.1'],
    );
  });

  test('a body above 32 MiB is refused, and the relayers are none the worse', async () => {
    const { status } = await relay(Buffer.alloc(34 * 1024 * 1024));
    // 0 is a connection that was ended while the client was still sending.
    assert.ok([0, 413].includes(status), `${status}`);
    assert.deepEqual(arrived(), []);
    assert.equal((await relay('x')).status, 200);
  });

  test('a larger one passes where a service may have it', async () => {
    const eth = {
      max_body_size_bytes: 40 * 1024 * 1024,
      backends: { jsonrpc: { url: 'http://192.0.2.90:8545' } },
    };
    proxy.reload({ relayminer: { keys_file: 'keys.yaml', services: { eth } } });
    assert.equal((await relay(Buffer.alloc(41 * 1024 * 1024))).status, 200);
    assert.equal(arrived()[0]?.body.length, 41 * 1024 * 1024);
    proxy.reload();
  });

  test('a connection that a relayer closes when it is idle loses no relay', async () => {
    for (const relayer of relayers) {
      relayer.answer = (arrived, response) => {
        const { socket } = response as ServerResponse;
        ok(arrived, response);
        // As Node and others do it, a little later than they were asked last.
        if (arrived.method === 'POST') setTimeout(() => socket?.destroy(), 4000);
      };
    }
    for (let count = 0; count < 3; count += 1) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => relay('x')));
      assert.ok(answers.every(({ status }) => status === 200));
      await sleep(3990);
    }
  });

  test('a stream arrives chunk by chunk', async () => {
    for (const relayer of relayers) {
      relayer.answer = async (_, given) => {
        const response = given as ServerResponse;
        response.setHeader('content-type', 'text/event-stream');
        for (const number of [1, 2, 3]) {
          response.write(`data: ${number}\n\n`);
          await sleep(400);
        }
        response.end();
      };
    }
    const socket = await open(proxy.https, NAME);
    const times: number[] = [];
    socket.on('data', (data) => {
      if (String(data).includes('data: ')) times.push(Date.now());
    });
    socket.write(
      `POST /x HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('close', resolve));
    assert.equal(times.length, 3);
    assert.ok(times[2]! - times[0]! > 500, `${times}`);
  });

  test('a relay to a relayer that dies with it is answered with an error, and not sent again', async () => {
    for (const relayer of relayers) {
      relayer.answer = (_, response) => void (response as ServerResponse).socket?.destroy();
    }
    for (let count = 1; count <= 6; count += 1) {
      const { status } = await relay('once');
      assert.equal(status, 502);
      assert.equal(arrived().length, count);
      await sleep(300); // no more failures in a second than a relayer may have
    }
  });

  test('the answers of a relayer with an error are the relayer’s, whatever the status', async () => {
    for (const status of [400, 403, 404, 413, 429, 500, 502, 503]) {
      for (const relayer of relayers) {
        relayer.answer = (_, response) => {
          response.statusCode = status;
          (response as ServerResponse).end('{"error":"the relayer’s"}');
        };
      }
      const answer = await relay('x');
      assert.equal(answer.status, status);
      assert.match(answer.body, /error/);
    }
    assert.equal(arrived().length, 8);
  });

  test('paths that tell of backends are the proxy’s own 404, however they are written', async () => {
    const paths = [
      ...['/ready', '/ready/', '/ready/eth', '/health', '/healthz', '/metrics', '/debug/pprof/'],
      ...[
        '/READY',
        '//ready',
        '/./ready',
        '/x/../ready',
        '/%72eady',
        '/ready/%65th',
        '/x/%2e%2e/ready',
      ],
      ...[
        '/ready?x=1',
        '/ready//eth',
        '/Health',
        '/debug',
        '///ready/eth',
        '/%2fready',
        '/ready%2feth',
      ],
    ];
    for (const path of paths) {
      for (const method of ['GET', 'POST']) {
        const answer = await request(proxy.https, NAME, method, path);
        assert.deepEqual([answer.status, answer.body], [404, ''], `${method} ${path}`);
      }
      const session = openHttp2(proxy.https, NAME);
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
      assert.equal((await requestHttp2(session, headers)).status, 404, path);
      session.destroy();
    }
    assert.deepEqual(arrived(), []);
  });

  test('plain http is sent to https, and the relayers see nothing of it', async () => {
    const answer = await new Promise<{ status: number; location: string }>((resolve) => {
      import('node:http').then(({ get }) =>
        get(
          { host: '127.0.0.1', port: proxy.http, path: '/eth', headers: { host: NAME } },
          ({ statusCode = 0, headers }) =>
            resolve({ status: statusCode, location: headers.location ?? '' }),
        ),
      );
    });
    assert.equal(answer.status, 308);
    assert.match(answer.location, /^https:\/\/relay\.nodes\.net/);
    assert.deepEqual(arrived(), []);
  });

  test('a relayer that is not ready gets nothing; one that is ready again does', async () => {
    assert.ok(asked.length > 0 && asked.every((url) => url === '/ready'), asked.join());
    ready[1] = 503;
    await sleep(5000);
    for (let count = 0; count < 10; count += 1) assert.equal((await relay('x')).status, 200);
    assert.deepEqual(
      [arrived().length, relayers[1].arrived.filter(({ url }) => url !== '/health').length],
      [10, 0],
    );
    ready[1] = 200;
    await sleep(5000);
    await Promise.all(Array.from({ length: 10 }, () => relay('x')));
    assert.ok(relayers[1].arrived.some(({ method }) => method === 'POST'));
  });

  test('one relayer that is gone costs no relay that could be sent to the other', async () => {
    await relayers[1].close();
    const answers = await Promise.all(Array.from({ length: 20 }, () => relay('x'.repeat(5000))));
    const lost = answers.filter(({ status }) => status !== 200).length;
    const { length } = relayers[0].arrived.filter(({ body }) => body.length === 5000);
    // Up to 2.11.1, Caddy has closed the body by the time it tries another.
    assert.equal(lost, 0);
    assert.equal(length, 20 - lost, 'none was sent twice, or in part');
    ready[1] = 503;
    await sleep(5000);
    for (let count = 0; count < 10; count += 1) assert.equal((await relay('x')).status, 200);
  });
});
