import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { CADDY, type RunningProxy, skip, startProxy } from './caddy.ts';
import { open, request } from './client.ts';
import { endAll } from './ending.ts';
import { eventually } from './eventually.ts';
import { network } from './network.ts';
import { ok, startRelayers, type Upstream } from './upstream.ts';

const NAME = 'relay.nodes.net';

describe('a reload of the proxy', { skip, timeout: 240_000 }, () => {
  const net = network();
  let proxy: RunningProxy;
  let relayers: [Upstream, Upstream];
  before(async () => {
    relayers = await startRelayers(net);
    proxy = await startProxy(net);
  });
  after(endAll);

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
    const relayed = () =>
      relayers.flatMap(({ arrived }) => arrived).filter(({ url }) => url === '/eth').length;
    const before = relayed();
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
    // A connection that is being made at the very moment of a reload may be turned away, and nothing of it is sent on:
    // what a relayer serves is answered.
    const answered = statuses.filter((status) => status === 200).length;
    const turnedAway = statuses.filter((status) => status === 0).length;
    assert.equal(answered + turnedAway, statuses.length, `${statuses}`);
    assert.ok(turnedAway <= 4, `${turnedAway} of ${statuses.length}`);
    assert.equal(relayed() - before, answered);
    assert.match((await stream).body, /19\n[\s\S]*end/);
    for (const one of relayers) one.answer = ok;
  });

  test('leaves a WebSocket alone', async () => {
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
    assert.equal(await echo(socket, 'after'), 'after');
    socket.destroy();
  });

  test('a configuration that is no good changes nothing', async () => {
    const sites = join(proxy.directory, 'sites');
    writeFileSync(join(sites, 'bad.caddy'), 'relay.nodes.net {\n\tnonsense\n}\n');
    const reload = spawnSync('sh', [join(proxy.directory, 'configured-caddy'), 'reload'], {
      env: { ...process.env, PATH: `${dirname(CADDY)}:${process.env.PATH}` },
    });
    assert.notEqual(reload.status, 0);
    assert.equal((await relay()).status, 200);
  });

  test('names proved by DNS want a plugin, and nothing else that this Caddy lacks', () => {
    const byDns = { tls: 'acme', acme_email: 'me@nodes.net', dns_provider: 'cloudflare' };
    const token = 'cmd:echo dns-token-of-the-test';
    assert.throws(
      () =>
        proxy.reload({
          images: { caddy: 'my/caddy:2.11.4' },
          reverse_proxy: { ...byDns, dns_token: token },
        }),
      /module not registered: dns\.providers\.cloudflare, at .*Caddyfile:\d+/,
    );
    const caddyfile = join(proxy.directory, 'Caddyfile');
    const text = readFileSync(caddyfile, 'utf8');
    assert.match(text, DNS_LINE);
    writeFileSync(caddyfile, text.replace(DNS_LINE, '\t\tprotocols tls1.2\n'));
    const env = {
      ...process.env,
      PATH: `${dirname(CADDY)}:${process.env.PATH}`,
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

/** The one line of the Caddyfile that the plugin reads. */
const DNS_LINE = /^\t\tdns \{\$DNS_PROVIDER\} \{\$DNS_TOKEN\}\n/m;

/** A change that makes another configuration. */
const changed = { middleman_domain: 'changed.nodes.net' };

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
