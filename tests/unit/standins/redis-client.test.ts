import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkRedisUrl } from '../../lab/standins/relayminer/store.ts';
import { Redis } from '../../lab/standins/shared/redis.ts';
import { canConnect, eventually, freePort, missing, redisServers, start } from './harness.ts';

describe('the relayminer takes the forms of URLs that the real one dials, and no other', () => {
  const refused: [url: string, error: RegExp][] = [
    ['redis://h1:6379,h2:6379', /invalid URL/],
    ['unix:///run/redis.sock', /unsupported scheme "unix"/],
    ['http://h1', /unsupported scheme "http"/],
    ['redis-sentinel://:p@h1:26379,h2:26379', /needs the master name/],
    ['redis-sentinel://:p@h1:26379/', /needs the master name/],
    ['redis-sentinel://me:p@h1:26379/pocket', /no user/],
    ['redis-cluster://:p@h1:6379', /does not speak redis-cluster/],
  ];
  for (const [url, error] of refused)
    test(url, () => assert.throws(() => checkRedisUrl(url), error));
  for (const url of [
    'redis://h1',
    'redis://me:p%40@h1:6379/2',
    'rediss://h1:6380',
    'redis-sentinel://h1:26379/pocket?db=1',
  ])
    test(url, () => checkRedisUrl(url));
  test('several Sentinels where Go is told to parse them', () => {
    const url = 'redis-sentinel://:p@10.0.0.1:26379,[fd00::2]:26379,h3:26379/pocket';
    checkRedisUrl(url, 'netdns=go,urlstrictcolons=0');
    assert.throws(() => checkRedisUrl(url, 'netdns=go'), /invalid redis URL/);
  });
});

test('the client finds the new primary after a failover', {
  skip: missing('experimental'),
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pocket-failover-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const server = redisServers.experimental;
  const redisAt = async (...options: string[]) => {
    const port = await freePort();
    const common = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', directory];
    const running = start(server, [...common, '--repl-diskless-sync-delay', '0', ...options]);
    await eventually('Redis listens', () => canConnect(port));
    return { port, running };
  };
  const first = await redisAt();
  const second = await redisAt('--replicaof', `127.0.0.1 ${first.port}`);
  const sentinel = await freePort();
  const file = join(directory, 'sentinel.conf');
  writeFileSync(
    file,
    `port ${sentinel}
bind 127.0.0.1
sentinel monitor pocket 127.0.0.1 ${first.port} 1
sentinel down-after-milliseconds pocket 500
`,
  );
  start(server, [file, '--sentinel']);
  const redis = new Redis(`redis-sentinel://127.0.0.1:1,127.0.0.1:${sentinel}/pocket?db=1`);
  t.after(() => redis.close());
  await eventually('a write', async () => (await redis.send('SET', 'key', 'before')) === 'OK');
  const replica = new Redis(`redis://127.0.0.1:${second.port}/1`);
  t.after(() => replica.close());
  await eventually(
    'the replica has it',
    async () => (await replica.send('GET', 'key')) === 'before',
  );
  await eventually(
    'the Sentinel knows the replica',
    async () => {
      const asked = new Redis(`redis://127.0.0.1:${sentinel}`);
      const replicas = await asked.send('SENTINEL', 'REPLICAS', 'pocket');
      asked.close();
      return Array.isArray(replicas) && replicas.length === 1;
    },
    30_000,
  );
  first.running.child.kill('SIGKILL');
  await eventually(
    'a write',
    async () => (await redis.send('SET', 'key', 'after')) === 'OK',
    30_000,
  );
  assert.equal(await replica.send('GET', 'key'), 'after');
});
