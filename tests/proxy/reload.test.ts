import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { forwardedTo } from '../../lib/proxy/sites.ts';
import { forwardsTo } from '../../lib/proxy/upstreams.ts';
import { cachePath } from '../fleet/cache.ts';
import { CADDYS, type RunningProxy, skip, startProxy } from './caddy.ts';
import { open, request } from './client.ts';
import { endAll } from './ending.ts';
import { network } from './network.ts';
import { ok, startUpstream, type Upstream } from './upstream.ts';

const NAME = 'relay.nodes.net';

for (const caddy of CADDYS) {
  describe(`a reload of ${caddy.name}`, { skip, timeout: 240_000 }, () => {
    const net = network();
    let proxy: RunningProxy;
    let relayers: [Upstream, Upstream];
    before(async () => {
      relayers = [await startUpstream(net(11), 8080), await startUpstream(net(12), 8080)];
      for (const last of [11, 12]) await startUpstream(net(last), 8081);
      proxy = await startProxy(caddy, net);
    });
    after(endAll);

    const posts = (one: Upstream) => one.arrived.filter(({ method }) => method === 'POST').length;
    const relay = () => request(proxy.https, NAME, 'POST', '/eth', {}, 'x');

    test('takes over changed values, and a site that is new', async () => {
      const before = await request(proxy.https, NAME, 'POST', '/', { Host: 'other.nodes.net' });
      assert.equal(before.status, 404);
      proxy.reload({ relay_public_domain: 'other.nodes.net' });
      await eventually(async () => {
        const socket = await open(proxy.https, 'other.nodes.net').catch(() => undefined);
        socket?.destroy();
        return socket !== undefined;
      });
      const { status } = await request(proxy.https, 'other.nodes.net', 'POST', '/', {}, 'x');
      assert.equal(status, 200);
      proxy.reload();
    });

    test('drains one relayer when it is told other relayers, and tells how many requests are left there', async () => {
      relayers[1].answer = async (_, response) => {
        await sleep(3000);
        ok({} as never, response);
      };
      const slow = Promise.all(Array.from({ length: 6 }, relay));
      await sleep(500);
      assert.ok(posts(relayers[1]) > 0, 'one of them is on its way');
      const rest = { RELAYERS: `http://${net(11)}:8080`, RELAYERS_GRPC: `h2c://${net(11)}:8080` };
      const everything = forwardedTo(proxy.deployment, proxy.deployment.host('edge')).map((one) =>
        one.replace(/^10\.201\.7\./, net(0).slice(0, -1)),
      );
      assert.ok(await forwards(proxy, everything));
      proxy.reload({}, rest);
      assert.ok(!(await forwards(proxy, everything)), 'one is left out');
      const without = everything.filter((one) => one !== `${net(12)}:8080`);
      assert.ok(await forwards(proxy, without));
      const before = posts(relayers[1]);
      const inFlight = await requestsAt(proxy, `${net(12)}:8080`);
      assert.ok(inFlight === undefined || inFlight > 0, `${inFlight}`);
      for (let count = 0; count < 10; count += 1) assert.equal((await relay()).status, 200);
      assert.equal(posts(relayers[1]), before);
      assert.ok((await slow).every(({ status }) => status === 200));
      await eventually(async () => !(await requestsAt(proxy, `${net(12)}:8080`)));
      relayers[1].answer = ok;
      proxy.reload();
      await Promise.all(Array.from({ length: 20 }, relay));
      assert.ok(posts(relayers[1]) > before, 'it is back');
    });

    test('ends no relay under way, and no stream', async () => {
      for (const one of relayers) {
        one.answer = async ({ url }, given) => {
          const response = given as ServerResponse;
          if (url === '/stream') {
            for (let count = 0; count < 20; count += 1) {
              response.write(`${count}\n`);
              await sleep(200);
            }
          } else await sleep(50);
          response.end('end');
        };
      }
      const stream = request(proxy.https, NAME, 'POST', '/stream', {}, 'x');
      await sleep(300);
      let over = false;
      const load = Array.from({ length: 4 }, async () => {
        const statuses: number[] = [];
        while (!over) statuses.push((await relay()).status);
        return statuses;
      });
      for (let count = 0; count < 4; count += 1) {
        proxy.reload(count % 2 ? changed : {});
        await sleep(300);
      }
      over = true;
      const statuses = (await Promise.all(load)).flat();
      assert.ok(statuses.length > 20, `${statuses.length}`);
      // A connection that is being made at the very moment of a reload may be turned away: nothing was sent on of it.
      const turnedAway = statuses.filter((status) => status === 0).length;
      assert.ok(turnedAway <= 4, `${turnedAway} of ${statuses.length}`);
      assert.deepEqual(
        statuses.filter((status) => status !== 200 && status !== 0),
        [],
      );
      assert.match((await stream).body, /19\n[\s\S]*end/);
      for (const one of relayers) one.answer = ok;
    });

    test(caddy.suite === 'trixie' ? 'ends a WebSocket' : 'leaves a WebSocket alone', async () => {
      for (const one of relayers) {
        one.upgrade = (_, socket) => {
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
          );
          socket.on('data', (data) => socket.write(data));
          socket.on('error', () => {});
        };
      }
      const socket = await webSocket(proxy);
      assert.equal(await echo(socket, 'before'), 'before');
      proxy.reload();
      proxy.reload(changed);
      await sleep(1000);
      const after = socket.destroyed ? undefined : await echo(socket, 'after');
      assert.equal(after, caddy.suite === 'trixie' ? undefined : 'after');
      socket.destroy();
    });

    test('a configuration that is no good changes nothing', async () => {
      assert.throws(() => proxy.reload({}, { RELAY_TLS: 'nonsense' }));
      assert.equal((await relay()).status, 200);
    });

    test('names proved by DNS want a plugin, and nothing else that this Caddy lacks', () => {
      const byDns = { tls: 'acme', acme_email: 'me@nodes.net', dns_provider: 'cloudflare' };
      const token = 'cmd:echo dns-token-of-the-test';
      assert.throws(
        () => proxy.reload({ reverse_proxy: { ...byDns, dns_token: token } }),
        /Caddyfile:\d+.* module not registered: dns\.providers\.cloudflare|module not registered: dns\.providers\.cloudflare, at .*Caddyfile:\d+/,
      );
      const caddyfile = join(proxy.directory, 'Caddyfile');
      const text = readFileSync(caddyfile, 'utf8');
      assert.match(text, DNS_LINE);
      writeFileSync(caddyfile, text.replace(DNS_LINE, '\t\tprotocols tls1.2\n'));
      const env = {
        ...process.env,
        PATH: `${cachePath('caddy', caddy.suite)}:${process.env.PATH}`,
      };
      const adapted = spawnSync('sh', [join(proxy.directory, 'configured-caddy'), 'adapt'], {
        env,
      });
      assert.equal(adapted.status, 0, `${adapted.stderr}`);
      proxy.reload();
    });

    test('told to stop, it answers what it has begun', async () => {
      for (const one of relayers) {
        one.answer = async (_, response) => {
          await sleep(2000);
          ok({} as never, response);
        };
      }
      const begun = relay();
      await sleep(500);
      const ended = proxy.stop();
      assert.equal((await begun).status, 200);
      assert.equal(await ended, 0);
    });
  });
}

/** The one line of the Caddyfile that the plugin reads. */
const DNS_LINE = /^\t\tdns \{\$DNS_PROVIDER\} \{\$DNS_TOKEN\}\n/m;

/** A change that makes another configuration. */
const changed = { middleman_domain: 'changed.nodes.net' };

/** Whether a deploy finds that this Caddy forwards to these and nothing else. */
async function forwards(proxy: RunningProxy, addresses: string[]): Promise<boolean> {
  const configuration = JSON.stringify(await proxy.admin('/config/'));
  const docker =
    'docker() { if [[ $1 == ps ]]; then echo id; else printf %s "$configuration"; fi; }';
  const shell = `set -eu -o pipefail\n${docker}\n${forwardsTo(addresses).text}`;
  const env = { ...process.env, configuration };
  return spawnSync('bash', ['--norc', '-c', shell], { env }).status === 0;
}

/** How many requests are on their way to an upstream, as the admin endpoint tells; undefined once it is unknown there. */
async function requestsAt(proxy: RunningProxy, address: string): Promise<number | undefined> {
  const upstreams = (await proxy.admin('/reverse_proxy/upstreams')) as {
    address: string;
    num_requests: number;
  }[];
  return upstreams.find((one) => one.address === address)?.num_requests;
}

async function webSocket(proxy: RunningProxy): Promise<TLSSocket> {
  const socket = await open(proxy.https, NAME);
  const key = Buffer.alloc(16, 'x').toString('base64');
  socket.on('error', () => {});
  socket.write(
    `GET /eth HTTP/1.1\r\nHost: ${NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  const answer = await new Promise<string>((resolve) =>
    socket.once('data', (data) => resolve(String(data))),
  );
  assert.match(answer, /^HTTP\/1.1 101/);
  return socket;
}

/** What comes back of what is sent; undefined when the connection ends first. */
function echo(socket: TLSSocket, text: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let come = '';
    const more = (data: Buffer) => {
      come += String(data);
      if (come.length < text.length) return;
      socket.off('data', more);
      resolve(come);
    };
    socket.on('data', more);
    socket.once('close', () => resolve(undefined));
    socket.write(text);
  });
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; !(await holds()); await sleep(100)) {
    assert.ok(Date.now() < end, 'not within 15 s');
  }
}
