import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { CheckContext } from '../../../lib/checks/context.ts';
import {
  externalQuorumVerdict,
  externalReplicationVerdict,
  externalSentinelChecks,
  minReplicasVerdict,
  onePrimaryVerdict,
  primaryVerdict,
  quorumVerdict,
  replicationVerdict,
  sentinelChecks,
} from '../../../lib/checks/sentinel.ts';
import {
  eventually,
  freePort,
  missing,
  redisServers,
  start,
  startRedis,
} from '../standins/harness.ts';
import { ask, HOST } from './ask.ts';
import { answered, moved } from './moved.ts';

const info = (text: string) =>
  new Map(text.split('\n').map((line) => line.split(/:(.*)/s) as unknown as [string, string]));

test('a quorum is enough, and a Sentinel that is missing is worth a look', () => {
  const usable = (count: number) =>
    `+OK ${count} usable Sentinels. Quorum and failover authorization can be reached`;
  const cases: [output: string, verdict: string][] = [
    [`${usable(3)}\n*2\n`, 'pass'],
    [`${usable(2)}\n*2\n`, 'warn'],
    [`${usable(2)}\n*1\n`, 'warn'],
    [`${usable(3)}\n*3\n`, 'warn'],
    ['-NOQUORUM 1 usable Sentinels. Not enough available Sentinels\n*2\n', 'fail'],
    ['-ERR No such master with that name\n-ERR No such master with that name\n', 'fail'],
    [`${usable(3)}\n`, 'fail'],
    ['HTTP/1.1 400 Bad Request\n', 'fail'],
    ['', 'fail'],
  ];
  for (const [output, verdict] of cases)
    assert.equal(quorumVerdict(answered(output), 3).verdict, verdict, output);
});

const seen = (primary: string, ...redis: string[]) =>
  answered(
    `*2\n$8\n${primary}\n$4\n6379\n${['+OK', '$9', '# Server', ...redis, '+OK', ''].join('\r\n')}`,
  );
const PRIMARY = 'role:master';
const REPLICA = ['role:slave', 'master_host:10.0.0.1'];

test('a Redis is what its Sentinel says', () => {
  const cases: [result: ReturnType<typeof answered>, verdict: string][] = [
    [seen('10.0.0.1', PRIMARY), 'pass'],
    [seen('10.0.0.2', PRIMARY), 'fail'],
    [seen('10.0.0.1', ...REPLICA), 'fail'],
    [seen('10.0.0.3', ...REPLICA), 'fail'],
    [answered('*-1\n'), 'fail'],
    [answered(''), 'fail'],
    [answered('*2\n$8\n10.0.0.1\n$4\n6379\n'), 'fail'],
  ];
  for (const [result, verdict] of cases)
    assert.equal(primaryVerdict(result, '10.0.0.1').verdict, verdict, result.output);
  assert.equal(primaryVerdict(seen('10.0.0.1', ...REPLICA), '10.0.0.2').verdict, 'pass');
});

test('all Sentinels name one primary, and no other Redis takes itself for one', () => {
  const [primary, replica] = [seen('10.0.0.1', PRIMARY), seen('10.0.0.1', ...REPLICA)];
  const cases: [results: ReturnType<typeof answered>[], verdict: string][] = [
    [[primary, replica, replica], 'pass'],
    [[primary, primary, replica], 'fail'],
    [[replica, replica, replica], 'fail'],
    [[primary, replica, seen('10.0.0.2', ...REPLICA)], 'fail'],
    [[primary, replica, answered('')], 'fail'],
    [[answered(''), answered(''), answered('')], 'fail'],
  ];
  for (const [results, verdict] of cases) assert.equal(onePrimaryVerdict(results).verdict, verdict);
});

test('replicas are linked and keep up', () => {
  const replica = (lag: number, state = 'online') =>
    `ip=10.0.0.2,port=6379,state=${state},offset=1,lag=${lag}`;
  const cases: [text: string, verdict: string][] = [
    [`role:master\nslave0:${replica(0)}\nslave1:${replica(1)}`, 'pass'],
    [`role:master\nslave0:${replica(0)}\nslave1:${replica(11)}`, 'warn'],
    [`role:master\nslave0:${replica(0)}`, 'warn'],
    [`role:master\nslave0:${replica(0, 'wait_bgsave')}`, 'fail'],
    ['role:master', 'fail'],
    ['role:slave\nmaster_link_status:up\nmaster_last_io_seconds_ago:1', 'pass'],
    ['role:slave\nmaster_link_status:up\nmaster_last_io_seconds_ago:11', 'fail'],
    ['role:slave\nmaster_link_status:down', 'fail'],
  ];
  for (const [text, verdict] of cases)
    assert.equal(replicationVerdict(info(text), 2).verdict, verdict, text);
});

test('of a Redis of somebody else, quorum and replicas are told', () => {
  const [ok, no] = [
    '+OK 3 usable Sentinels. Quorum can be reached',
    '-NOQUORUM 1 usable Sentinels',
  ];
  const cases: [output: string, verdict: string, evidence: RegExp][] = [
    [`${ok}\n${ok}\n`, 'pass', /^OK 3 usable/],
    [`${ok}\n\n`, 'warn', /without an answer of b:2$/],
    [`\n${ok}\n`, 'warn', /without an answer of a:1$/],
    [`${ok}\n${no}\n`, 'fail', /^NOQUORUM 1 usable/],
    ['-ERR No such master with that name\n\n', 'fail', /^ERR No such master/],
    ['\n\n', 'fail', /^no answer/],
  ];
  for (const [output, verdict, evidence] of cases) {
    const found = externalQuorumVerdict(answered(output), ['a:1', 'b:2']);
    assert.equal(found.verdict, verdict, output);
    assert.match(found.evidence, evidence);
  }
  const primary = (...lags: number[]) =>
    info(
      [
        'role:master',
        `connected_slaves:${lags.length}`,
        ...lags.map((lag, index) => `slave${index}:ip=10.0.0.2,port=6379,state=online,lag=${lag}`),
      ].join('\n'),
    );
  assert.equal(externalReplicationVerdict(primary(0, 1)).verdict, 'pass');
  assert.equal(externalReplicationVerdict(primary(0, 11)).verdict, 'warn');
  assert.equal(externalReplicationVerdict(primary(11)).verdict, 'warn');
  assert.equal(externalReplicationVerdict(primary()).verdict, 'warn');
  assert.equal(externalReplicationVerdict(info('role:slave')).verdict, 'fail');
});

test('a primary without replicas must take no writes', () => {
  const answer = (least: number, lag: number) =>
    answered(
      [
        '+OK',
        '*4',
        '$20',
        'min-replicas-max-lag',
        '$2',
        lag,
        '$21',
        'min-replicas-to-write',
        '$1',
        least,
        '+OK',
        '',
      ].join('\r\n'),
    );
  assert.equal(minReplicasVerdict(answer(1, 10)).verdict, 'pass');
  assert.equal(minReplicasVerdict(answer(0, 10)).verdict, 'fail');
  assert.equal(minReplicasVerdict(answer(1, 0)).verdict, 'fail');
  assert.equal(minReplicasVerdict(answered('-WRONGPASS no\r\n')).verdict, 'fail');
  assert.equal(minReplicasVerdict(answered('')).verdict, 'fail');
});

describe('a real Sentinel of Debian experimental', { skip: missing('experimental') }, () => {
  const password = 'a password for the tests';

  /** Asks the checks of a host in a deployment of so many, with these in place of its own ports. */
  function checks(hosts: number, redis: number, sentinel: number) {
    const host = { ...HOST, privateAddress: '127.0.0.1' };
    const others = Array.from({ length: hosts - 1 }, (_, index) => ({ ...host, name: `${index}` }));
    const all = [host, ...others];
    const deployment = { publishers: () => all, hosts: all, directory: '/tmp' };
    const login = { server: { host: '127.0.0.1', port: 6379 }, tls: false, password: true };
    const asked = sentinelChecks({ host, deployment } as unknown as CheckContext, login);
    const secrets = [{ name: 'redis_password', value: password }];
    return ask(moved(asked, { 6379: redis, 26379: sentinel }), { secrets });
  }

  test('is asked in its own protocol', async (t) => {
    const { redis, sentinel } = await replicated(t, password);
    const findings = await eventually(
      'the replica follows',
      async () => {
        const found = await checks(1, redis, sentinel);
        return found['redis.replication']?.evidence.startsWith('1 of') && found;
      },
      30_000,
    );
    for (const id of ['redis.quorum', 'redis.primary', 'redis.min-replicas'])
      assert.equal(findings[id]?.verdict, 'pass', `${id}: ${findings[id]?.evidence}`);
    const few = await checks(3, redis, sentinel);
    assert.equal(few['redis.quorum']?.verdict, 'warn', few['redis.quorum']?.evidence);
    assert.equal(few['redis.replication']?.verdict, 'warn');
  });

  test('of somebody else is asked as well, past one that is not there', async (t) => {
    const { redis, sentinel } = await replicated(t, password);
    const secrets = [{ name: 'redis_password', value: password }];
    const asked = (...ports: number[]) => {
      const servers = ports.map((port) => ({ host: '127.0.0.1', port }));
      const sentinels = { servers, primaryName: 'pocket' };
      const login = { server: servers[0]!, sentinels, tls: false, password: true };
      return ask(externalSentinelChecks({ host: HOST } as CheckContext, login, 'the profile'), {
        secrets,
      });
    };
    assert.ok(redis > 0);
    const findings = await eventually(
      'the replica follows',
      async () => {
        const found = await asked(sentinel);
        return found['redis.replication']?.verdict === 'pass' && found;
      },
      30_000,
    );
    assert.match(findings['redis.replication']!.evidence, /^1 of 1 replicas keep up, lag \d s$/);
    assert.match(findings['redis.quorum']!.evidence, /^OK 1 usable Sentinels/);
    const partly = await asked(1, sentinel);
    assert.equal(partly['redis.quorum']!.verdict, 'warn', partly['redis.quorum']!.evidence);
    assert.match(partly['redis.quorum']!.evidence, /without an answer of 127\.0\.0\.1:1$/);
    const away = await asked(1);
    assert.match(away['redis.quorum']!.evidence, /^no answer: /);
  });

  test('that is not there fails every check', async () => {
    const findings = Object.values(await checks(3, 1, 1));
    for (const { id, verdict } of findings) assert.equal(verdict, 'fail', id);
    assert.equal(findings.length, 4);
  });
});

/** A primary, a replica and a Sentinel on loopback; the ports of the first and the last. */
async function replicated(t: TestContext, password: string) {
  const directory = mkdtempSync(join(tmpdir(), 'pocket-sentinel-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const common = ['--requirepass', password, '--masterauth', password, '--dir', directory];
  const redis = await startRedis('experimental', ...common, '--min-replicas-to-write', '1');
  await startRedis('experimental', ...common, '--replicaof', `127.0.0.1 ${redis}`);
  const sentinel = await freePort();
  const file = join(directory, 'sentinel.conf');
  writeFileSync(
    file,
    `port ${sentinel}
bind 127.0.0.1
sentinel monitor pocket 127.0.0.1 ${redis} 1
sentinel auth-pass pocket "${password}"
`,
  );
  start(redisServers.experimental, [file, '--sentinel']);
  return { redis, sentinel };
}
