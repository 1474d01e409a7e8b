import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeYaml } from '../../lab/standins/relayminer/config/fields.ts';
import { relayerFields } from '../../lab/standins/relayminer/config/relayer.ts';
import { authorization, targetUrl } from '../../lab/standins/relayminer/relayer/forward.ts';
import { Pool } from '../../lab/standins/relayminer/relayer/pool.ts';
import { transport } from '../../lab/standins/relayminer/relayer/relay.ts';
import { Metrics } from '../../lab/standins/shared/metrics.ts';
import type { Loose } from './configs.ts';

/** A backend with defaults, as the relayer decodes it. */
function backend(yaml: string): Loose {
  const source = `services: { eth: { backends: { jsonrpc: ${yaml} } } }`;
  const { value } = decodeYaml(source, relayerFields('released'), 'released') as Loose;
  return value.services.eth.backends.jsonrpc;
}

test('two endpoints take turns; five failures take one out; first_healthy stays with the first', () => {
  const pool = new Pool('eth', backend('{ urls: ["http://a", "http://b"] }'), new Metrics());
  assert.deepEqual(
    [pool.pick()!.url, pool.pick()!.url, pool.pick()!.url],
    ['http://a', 'http://b', 'http://a'],
  );
  for (let i = 0; i < 5; i++) pool.record(pool.members[0]!, false);
  assert.deepEqual([pool.pick()!.url, pool.pick()!.url], ['http://b', 'http://b']);
  pool.record(pool.members[0]!, true);
  assert.equal(pool.members[0]!.healthy, true);
  const first = new Pool(
    'eth',
    backend('{ load_balancing: first_healthy, urls: ["http://a", "http://b"] }'),
    new Metrics(),
  );
  assert.deepEqual([first.pick()!.url, first.pick()!.url], ['http://a', 'http://a']);
});

test('with every endpoint down and no recovery, nothing is picked', () => {
  const pool = new Pool(
    'eth',
    backend('{ url: "http://a", recovery_timeout_seconds: 0 }'),
    new Metrics(),
  );
  for (let i = 0; i < 5; i++) pool.record(pool.members[0]!, false);
  assert.equal(pool.pick(), undefined);
});

test('base_path wins over the path of the URL and is not added twice', () => {
  const url = (yaml: string, base: string, requested: string) =>
    targetUrl(backend(yaml), base, requested).href;
  assert.equal(url('{}', 'http://a/v1', '/block?height=1'), 'http://a/v1/block?height=1');
  assert.equal(url('{}', 'http://a/v1', '/v1/block'), 'http://a/v1/block');
  assert.equal(
    url('{ base_path: /v2 }', 'http://a/v1', 'http://client/block'),
    'http://a/v2/block',
  );
  assert.equal(url('{}', 'http://a/v1?key=x', '/'), 'http://a/v1?key=x');
  assert.equal(url('{}', 'http://a', '/'), 'http://a/');
});

test('authentication becomes one header', () => {
  const header = (yaml: string) =>
    authorization(backend(`{ authentication: ${yaml} }`)).authorization;
  assert.equal(header('{ username: u, password: p }'), 'Basic dTpw');
  assert.equal(header('{ bearer_token: t }'), 'Bearer t');
  assert.equal(header('{ plain_token: t }'), 't');
  assert.equal(header('{}'), undefined);
});

test('Rpc-Type is a number or a name; without it the default backend serves', () => {
  assert.deepEqual(
    ['1', '2', '3', '4', '5'].map((type) => transport(type, 'x')),
    ['grpc', 'websocket', 'jsonrpc', 'rest', 'cometbft'],
  );
  assert.equal(transport('JSON_RPC', 'x'), 'jsonrpc');
  assert.equal(transport(undefined, 'rest'), 'rest');
});
