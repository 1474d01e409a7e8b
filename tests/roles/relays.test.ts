import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { $ } from 'zx';
import { EXIT } from '../../lib/exit-codes.ts';
import { docker } from '../fleet/docker.ts';
import { lab } from '../fleet/lab-fixture.ts';
import { PublicClient } from '../fleet/public-relays.ts';
import { containersByStack, remade } from '../fleet/state.ts';
import { frame, unframe } from '../lab/standins/shared/grpc.ts';
import { account } from '../lab/standins/shared/secp256k1.ts';
import { call, httpAnswer, relayRequest, verifiedPayload } from '../unit/standins/relay-client.ts';

const ROLES = 'redis,relayminer,reverse-proxy';
const SERVICE = 'anvil';
const JSON_RPC = { 'rpc-type': '3' };

test('relays of every kind are served through the proxy, and nothing else is', {
  timeout: 900_000,
}, async (t) => {
  const one = await lab(t);
  const { host } = one;
  const events = { rest: { url: `http://${host.address}:8545` } };
  const changes = { relayminer: { services: { [SERVICE]: { backends: events } } } };
  one.change(changes);
  const deploy = (...words: string[]) => one.script('deploy', '--json', ...words);
  const prepared = await deploy('--only', 'common,install-docker');
  assert.equal(prepared.status, 0, prepared.stdout + prepared.stderr);
  await one.standIns();
  const deployed = await deploy('--only', `images,${ROLES}`);
  assert.equal(deployed.status, 0, deployed.stdout + deployed.stderr);

  const keysFile = join(one.home, 'deployments', one.name, 'supplier-keys.yaml');
  const supplier = account(parse(readFileSync(keysFile, 'utf8')).keys[0]);
  const relay = (more: Partial<Parameters<typeof relayRequest>[0]> = {}) =>
    relayRequest({ supplier: supplier.address, service: SERVICE, ...more });
  const everybody = new PublicClient(host.address, 'relay.lab.internal');
  await host.exec(
    'until [[ $(curl -s -o /dev/null -w "%{http_code}" 127.0.0.1:8081/ready) == 200 ]]; do sleep 0.5; done',
  );

  await t.test('over HTTP', async () => {
    const { status, body } = await everybody.request('/', JSON_RPC, relay());
    assert.equal(status, 200, body.toString());
    const answer = httpAnswer(verifiedPayload(body, supplier));
    assert.equal(JSON.parse(answer.body).result, '0x7a69');
  });

  await t.test('over gRPC, which is HTTP/2 all the way to the relayer', async () => {
    const { headers, body } = await everybody.request(
      '/pocket.service.RelayService/SendRelay',
      { 'content-type': 'application/grpc', te: 'trailers' },
      frame(relay()),
    );
    assert.equal(headers['grpc-status'], '0', JSON.stringify(headers));
    const answer = httpAnswer(verifiedPayload(unframe(body)[0]!, supplier));
    assert.equal(JSON.parse(answer.body).result, '0x7a69');
  });

  await t.test('over a WebSocket', async () => {
    const socket = await everybody.webSocket('/', { 'target-service-id': SERVICE });
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(30_000) });
    socket.send(relay({ raw: call('eth_chainId') }));
    const [answer] = (await answered) as [Buffer];
    assert.equal(JSON.parse(verifiedPayload(answer, supplier).toString()).result, '0x7a69');
    socket.close();
  });

  await t.test('as a stream, of which each piece arrives when it is made', async () => {
    const stream = relay({ method: 'GET', url: '/events?count=8', body: '' });
    const { status, body, spread } = await everybody.request('/', { 'rpc-type': 'rest' }, stream);
    assert.equal(status, 200);
    assert.equal(body.toString('latin1').split('||POKT_STREAM||').filter(Boolean).length, 8);
    // The backend takes 150 ms from one to the next; what the proxy had collected would come in one piece.
    assert.ok(spread > 500, `all within ${spread} ms`);
  });

  for (const path of [
    ...['/ready', '/READY', '/ready/anvil', '//ready', '/%72eady', '/x/../ready'],
    ...['/health', '/healthz', '/metrics', '/debug/pprof/'],
  ]) {
    await t.test(`${path} is not public`, async () => {
      const { status, body } = await everybody.request(path);
      assert.deepEqual([status, body.toString()], [404, '']);
    });
  }

  await t.test('a configuration that the image refuses replaces nothing', async (s) => {
    const image = 'fleet.invalid/strict:v0.0.1';
    const dockerfile = `FROM standin/pocket-relay-miner:ad37bcb
ENTRYPOINT ["sh", "-c", "echo the image does not like it >&2; exit 1"]`;
    await $({ quiet: true, input: dockerfile })`docker build --quiet --tag ${image} -`;
    s.after(() => docker('rmi', '--force', image));
    await $({ quiet: true })`docker save ${image} | docker exec -i ${host.container} docker load`;
    const configs = 'cd /opt/pocket/relayminer && sha256sum relayer/relayer.yaml miner/miner.yaml';
    const before = await host.exec(configs);
    const containers = await containersByStack(host);
    const relayminer = { ...changes.relayminer, log_level: 'debug' };
    one.change({ relayminer, images: { source: 'registry', relayminer: image } });
    const run = await deploy('--only', 'relayminer');
    assert.equal(run.status, EXIT.failed, run.stdout + run.stderr);
    const failed = run.events.filter(({ status }) => status === 'failed');
    assert.match(String(failed[0]?.title), /^Write \/opt\/pocket\/relayminer\/.*\.yaml$/);
    assert.match(String(failed[0]?.output), /the image does not like it/);
    assert.equal((await host.exec(configs)).stdout, before.stdout);
    assert.deepEqual(remade(containers, await containersByStack(host)), []);
    one.change(changes);
    const mended = await deploy('--only', ROLES);
    assert.equal(mended.status, 0, mended.stdout + mended.stderr);
  });

  await t.test(
    'without a relayer a relay is refused at once, and health stays private',
    async () => {
      await host.exec('docker stop -t 1 pocket-relayminer-relayer-1');
      const { status, milliseconds } = await everybody.request('/', JSON_RPC, relay());
      assert.ok([502, 503].includes(status), `${status}`);
      assert.ok(milliseconds < 10_000, `${milliseconds} ms`);
      assert.equal((await everybody.request('/ready')).status, 404);
    },
  );
});
