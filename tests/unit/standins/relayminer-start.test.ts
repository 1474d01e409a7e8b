import assert from 'node:assert/strict';
import net from 'node:net';
import { before, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { parseKeysFile } from '../../lab/standins/relayminer/keys.ts';
import type { Line } from '../../lab/standins/relayminer/line.ts';
import { complaint } from '../../lab/standins/relayminer/store.ts';
import { type Loose, minerConfig, privateKeys, relayerConfig } from './configs.ts';
import {
  eventually,
  freePort,
  missing,
  relayminer,
  scratchFile,
  startChain,
  startRedis,
  startRelayminer,
} from './harness.ts';
import { startVersionProxy } from './version-proxy.ts';

const chain = await startChain({ CHAIN_ID: 'pocket-lego-testnet' });
const keysFile = scratchFile(stringify({ keys: privateKeys }));

/** A configuration whose ports are free and whose chain is the one started here. */
async function placed(role: 'relayer' | 'miner', redis: number): Promise<Loose> {
  const config = role === 'miner' ? minerConfig() : relayerConfig();
  config.redis.url = `redis://127.0.0.1:${redis}`;
  config.keys = { keys_file: keysFile };
  config.metrics = { addr: `127.0.0.1:${await freePort()}` };
  config.pocket_node.query_node_rpc_url = chain.rpcUrl;
  config.pocket_node.query_node_grpc_url = chain.grpcAddress;
  if (role === 'relayer') {
    config.listen_addr = `127.0.0.1:${await freePort()}`;
    config.health_check = { addr: `127.0.0.1:${await freePort()}` };
  }
  return config;
}

/** Runs a process that must exit by itself, and asserts why. */
async function exits(
  line: Line,
  role: 'relayer' | 'miner',
  config: Loose,
  error: RegExp,
): Promise<void> {
  const run = await relayminer(line, role, '--config', scratchFile(stringify(config)));
  assert.equal(run.status, 1, run.stderr);
  assert.match(
    run.stderr.split('\n').findLast((one) => one.startsWith('Error: ')) ?? run.stderr,
    error,
  );
}

test('the released line demands Redis 8.10, a memory limit and noeviction', () => {
  const info = (change: Record<string, string>) =>
    complaint(
      new Map(
        Object.entries({
          redis_version: '8.10.1',
          maxmemory: '1',
          maxmemory_policy: 'noeviction',
          ...change,
        }),
      ),
    );
  assert.equal(info({}), undefined);
  assert.equal(info({ redis_version: '9.0.0' }), undefined);
  for (const version of ['8.9.9', '8.2.0', '7.4.1', 'unstable', ''])
    assert.match(info({ redis_version: version })!, /8\.10\.0 or newer/);
  assert.match(info({ server_name: 'valkey' })!, /Valkey/);
  assert.match(info({ maxmemory: '0' })!, /maxmemory must be set/);
  assert.match(info({ maxmemory_policy: 'allkeys-lru' })!, /must be noeviction/);
});

test('a keys file is a list of quoted 64-digit keys, all of them valid', () => {
  assert.equal(parseKeysFile(stringify({ keys: [privateKeys[0], `0x${privateKeys[1]}`] })).size, 2);
  const refuse = (source: string, error: RegExp) =>
    assert.throws(() => parseKeysFile(source), error);
  refuse(`keys: [${privateKeys[0]}]`, /quoted hex string/);
  refuse('keys: ["1234"]', /64 hex digits/);
  refuse(`keys: ["${'00'.repeat(32)}"]`, /between 1 and the group order/);
  refuse(`keys: ["${privateKeys[0]}", "bad"]`, /keys\[1\]/);
  refuse('- a', /list "keys"/);
});

test('both exit when Redis is unreachable or its URL cannot be dialled', async () => {
  const config = await placed('miner', await freePort());
  await exits('released', 'miner', config, /failed to connect to Redis/);
  const urls: [string, RegExp][] = [
    ['unix:///run/redis.sock', /unsupported scheme "unix"/],
    ['redis://a:1,b:2', /invalid URL/],
    ['redis-sentinel://a:1', /needs the master name/],
  ];
  for (const [url, error] of urls)
    await exits('snapshot', 'miner', { ...config, redis: { url } }, error);
});

test('both exit when the metrics port is busy', async () => {
  const config = await placed('relayer', await freePort());
  const squatter = net
    .createServer()
    .listen(Number(config.metrics.addr.split(':')[1]), '127.0.0.1');
  await exits('released', 'relayer', config, /failed to start metrics server/);
  squatter.close();
});

describe('with a real Redis', { skip: missing('experimental') }, () => {
  let real: number;
  let good: number;
  before(async () => {
    real = await startRedis(
      'experimental',
      '--maxmemory',
      '512mb',
      '--maxmemory-policy',
      'noeviction',
    );
    good = await startVersionProxy(real, '8.10.1');
  });

  test('released: refuses Redis 8.6, and 8.10 without a limit or with an evicting policy', async () => {
    await exits('released', 'miner', await placed('miner', real), /8\.10\.0 or newer is required/);
    await exits(
      'released',
      'relayer',
      await placed('relayer', real),
      /8\.10\.0 or newer is required/,
    );
    const unlimited = await startVersionProxy(await startRedis('experimental'), '8.10.1');
    await exits('released', 'relayer', await placed('relayer', unlimited), /maxmemory must be set/);
    const evicting = await startRedis(
      'experimental',
      '--maxmemory',
      '64mb',
      '--maxmemory-policy',
      'allkeys-lru',
    );
    await exits(
      'released',
      'miner',
      await placed('miner', await startVersionProxy(evicting, '8.10.1')),
      /must be noeviction/,
    );
  });

  test('keys: a missing file and no keys end every miner and the released relayer', async () => {
    const config = await placed('miner', good);
    await exits(
      'released',
      'miner',
      { ...config, keys: { keys_file: '/nowhere/keys.yaml' } },
      /failed to load keys file/,
    );
    const none = scratchFile('keys: []\n');
    await exits(
      'released',
      'miner',
      { ...config, keys: { keys_file: none } },
      /no supplier keys loaded/,
    );
    await exits(
      'snapshot',
      'miner',
      { ...config, keys: { keys_file: none } },
      /no supplier keys loaded/,
    );
    await exits(
      'released',
      'relayer',
      { ...(await placed('relayer', good)), keys: { keys_file: none } },
      /no supplier keys loaded/,
    );
  });

  test('released miner: exits on another network, an unreachable RPC, a gRPC address with a scheme', async () => {
    const config = await placed('miner', good);
    const node = (change: Loose) => ({
      ...config,
      pocket_node: { ...config.pocket_node, ...change },
    });
    await exits(
      'released',
      'miner',
      node({ chain_id: 'pocket' }),
      /reports network "pocket-lego-testnet"/,
    );
    await exits(
      'released',
      'miner',
      node({ query_node_rpc_url: 'http://127.0.0.1:1' }),
      /failed to read the network id/,
    );
    await exits(
      'released',
      'miner',
      node({ query_node_grpc_url: `http://${chain.grpcAddress}` }),
      /without a scheme/,
    );
    await exits(
      'released',
      'miner',
      node({ grpc_insecure: false }),
      /failed to read shared params/,
    );
  });

  test('released: an unknown key only warns when serving, and is fatal with --strict-config', async () => {
    const config = { ...(await placed('relayer', good)), typo: 1 };
    const strict = await relayminer(
      'released',
      'relayer',
      '--strict-config',
      '--config',
      scratchFile(stringify(config)),
    );
    assert.deepEqual([strict.status, /typo/.test(strict.stderr)], [1, true]);
    const running = startRelayminer('released', 'relayer', config);
    await eventually('relayer warns', async () =>
      /unknown or retired key: line \d+: typo/.test(running.stderr()),
    );
    assert.match(running.stderr(), /this is a stand-in/);
    await eventually('relayer starts', async () => /relayer started/.test(running.stderr()));
    running.child.kill('SIGTERM');
    assert.equal(await running.exited, 0);
  });

  test('snapshot relayer: starts without keys, and stays up when its ingress port is taken', async () => {
    const config = await placed('relayer', real);
    const squatter = net
      .createServer()
      .listen(Number(config.listen_addr.split(':')[1]), '127.0.0.1');
    const running = startRelayminer('snapshot', 'relayer', { ...config, keys: {} });
    await eventually('relayer logs', async () => /relay server failed/.test(running.stderr()));
    const ready = await fetch(`http://${config.health_check.addr}/ready`);
    assert.deepEqual([ready.status, await ready.text()], [200, 'READY']);
    squatter.close();
    running.child.kill('SIGTERM');
    assert.equal(await running.exited, 0);
  });
});
