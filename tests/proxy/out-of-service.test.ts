import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUT_OF_SERVICE, putIntoService, takeOutOfService } from '../../lib/proxy/upstreams.ts';
import type { Shell } from '../../lib/shell.ts';
import { type RunningProxy, skip, startProxy } from './caddy.ts';
import { openHttp2, requestHttp2 } from './client.ts';
import { endAll } from './ending.ts';
import { eventually } from './eventually.ts';
import { network } from './network.ts';
import { startRelayers, type Upstream } from './upstream.ts';

const NAME = 'relay.nodes.net';

describe('a relayer that is taken out of service', { skip, timeout: 120_000 }, () => {
  const net = network();
  let proxy: RunningProxy;
  let relayers: [Upstream, Upstream];
  before(async () => {
    relayers = await startRelayers(net);
    proxy = await startProxy(net);
    mkdirSync(outOfService(proxy));
  });
  after(endAll);

  const address = () => `${net(12)}:8080`;

  test('gets no relay more, ends those that it has, and loses none; back in service it gets some', async (t) => {
    relayers[1].answer = async (_, response) => {
      await sleep(50);
      response.end();
    };
    const load = gateway(proxy);
    t.after(load.stop);
    await sleep(1000);
    assert.ok(posts(relayers[1]) > 0);
    await onHost(proxy, takeOutOfService(address()));
    const before = posts(relayers[1]);
    await eventually(() => relayers[1].connections() === 0);
    await sleep(1000);
    assert.equal(posts(relayers[1]), before);
    await onHost(proxy, putIntoService(address()));
    await eventually(() => posts(relayers[1]) > before);
    const { sent, lost } = await load.stop();
    assert.ok(sent > 200, `${sent} relays`);
    assert.deepEqual(lost, []);
  });

  test('gets no gRPC either, and keeps no connection of it', async () => {
    for (const one of relayers) {
      one.answer = (_, given) => {
        given.setHeader('content-type', 'application/grpc');
        (given as import('node:http').ServerResponse).end();
      };
    }
    const session = openHttp2(proxy.https, NAME);
    const call = () => {
      const headers = { ':method': 'POST', ':path': '/x', 'content-type': 'application/grpc' };
      return requestHttp2(session, headers, 'x');
    };
    const before = posts(relayers[1]);
    for (let count = 0; count < 10; count += 1) assert.equal((await call()).status, 200);
    assert.ok(posts(relayers[1]) > before);
    await onHost(proxy, takeOutOfService(address()));
    const taken = posts(relayers[1]);
    for (let count = 0; count < 10; count += 1) assert.equal((await call()).status, 200);
    assert.equal(posts(relayers[1]), taken);
    await eventually(() => relayers[1].connections() === 0);
    session.close();
    await onHost(proxy, putIntoService(address()));
  });

  test('is no error in the log, each second that it is down', async () => {
    await Promise.all(relayers.map((one) => one.close()));
    const asked = (log: string) =>
      log.split('\n').filter((line) => line.includes('out of tolerances'));
    const before = asked(proxy.log()).length;
    await eventually(() => asked(proxy.log()).length > before + 4);
    const errors = proxy
      .log()
      .split('\n')
      .filter((line) => line.includes('http.log.error'));
    assert.deepEqual(errors, []);
  });
});

const posts = (one: Upstream) => one.arrived.filter(({ method }) => method === 'POST').length;

/** Where this Caddy looks for relayers that are out of service. */
const outOfService = ({ directory }: RunningProxy) => join(directory, '..', 'out-of-service');

/** Runs shell that is for the host of a proxy. */
async function onHost(proxy: RunningProxy, { text }: Shell): Promise<void> {
  const here = text.replaceAll(OUT_OF_SERVICE, outOfService(proxy));
  const [status] = await once(spawn('bash', ['--norc', '-euc', here]), 'exit');
  assert.equal(status, 0);
}

/** Sends a relay every 20 ms, as a gateway does: over connections that are kept. */
function gateway({ https }: RunningProxy) {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const options = { agent, port: https, servername: NAME, method: 'POST', path: '/eth' };
  const lost: string[] = [];
  const underWay: Promise<void>[] = [];
  const timer = setInterval(() => {
    const answered = new Promise<void>((resolve) => {
      const sent = httpsRequest({ ...options, headers: { host: NAME } }, (response) => {
        if (response.statusCode !== 200) lost.push(`${response.statusCode}`);
        response.resume().once('end', resolve);
      });
      sent.once('error', ({ message }) => {
        lost.push(message);
        resolve();
      });
      sent.end('x');
    });
    underWay.push(answered);
  }, 20);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
      agent.destroy();
      return { sent: underWay.length, lost };
    },
  };
}
