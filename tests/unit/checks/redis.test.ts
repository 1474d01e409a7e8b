import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loginVerdict, redisChecks } from '../../../lib/checks/redis.ts';
import type { RedisLogin } from '../../../lib/probes/redis.ts';
import { findingOf } from '../../../lib/validation/check.ts';
import { compareVersions } from '../../../lib/versions.ts';
import { missing, startRedis } from '../standins/harness.ts';
import { ask } from './ask.ts';
import { labContext } from './deployment.ts';
import { answered, moved } from './moved.ts';

/** What Redis says, cut to what is read; captured from redis-server 8.6.2 and 8.0.6 of Debian. */
const INFO = {
  '# Server': '',
  redis_version: '8.10.1',
  '# Memory': '',
  used_memory: '1092176',
  maxmemory: '536870912',
  maxmemory_human: '512.00M',
  maxmemory_policy: 'noeviction',
  '# Persistence': '',
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  rdb_last_bgsave_status: 'ok',
};
const reply = (changes: Record<string, string>) => {
  const fields = Object.entries({ ...INFO, ...changes });
  const info = fields.map(([name, value]) => (value === '' ? name : `${name}:${value}`));
  return answered(['+OK', '$5342', ...info, '+OK', ''].join('\r\n'));
};
const checks = (profile = '') => redisChecks(labContext({ profile }));
const verdict = (id: string, changes: Record<string, string>, profile?: string) =>
  checks(profile)
    .find((check) => check.id === `redis.${id}`)!
    .judge(reply(changes)).verdict;
const OLDER = 'images: {relayminer: "ghcr.io/pokt-network/pocket-relay-miner:dev"}';

test('Redis 8.0 fails and 8.10 is newer than 8.2', () => {
  assert.ok(compareVersions('8.10', '8.2') > 0);
  assert.ok(compareVersions('8.2', '8.10') < 0);
  assert.equal(compareVersions('8.10.0', '8.10'), 0);
  assert.throws(() => compareVersions('unknown', '8.2'));
  const cases: [version: string, released: string, older: string][] = [
    ['8.10.1', 'pass', 'pass'],
    ['8.10.0', 'pass', 'pass'],
    ['9.0.0', 'pass', 'pass'],
    ['8.6.2', 'fail', 'pass'],
    ['8.2.0', 'fail', 'pass'],
    ['8.1.9', 'fail', 'fail'],
    ['8.0.6', 'fail', 'fail'],
    ['7.4.10', 'fail', 'fail'],
    ['255.255.255-rc', 'pass', 'pass'],
  ];
  for (const [redis_version, released, older] of cases) {
    assert.equal(verdict('version', { redis_version }), released, redis_version);
    assert.equal(verdict('version', { redis_version }, OLDER), older, `${redis_version}, older`);
  }
  assert.equal(verdict('version', { valkey_version: '9.0.0', redis_version: '9.0.0' }), 'fail');
});

test('one setting of Redis that is wrong fails exactly its check', () => {
  const cases: [id: string, wrong: Record<string, string>][] = [
    ['memory', { maxmemory: '0' }],
    ['policy', { maxmemory_policy: 'allkeys-lru' }],
    ['policy', { maxmemory_policy: 'volatile-ttl' }],
    ['aof', { aof_enabled: '0' }],
    ['aof', { aof_last_write_status: 'err' }],
    ['aof', { aof_last_bgrewrite_status: 'err' }],
    ['snapshot', { rdb_last_bgsave_status: 'err' }],
  ];
  const ids = ['version', 'memory', 'policy', 'aof', 'snapshot'];
  for (const [id, wrong] of cases) {
    const failed = ids.filter((one) => verdict(one, wrong) !== 'pass');
    assert.deepEqual(failed, [id], JSON.stringify(wrong));
  }
});

test('an answer that is not that of a Redis we are logged in to never passes', () => {
  const answers = [
    '',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH Authentication required.\r\n',
    '-ERR AUTH <password> called without any password configured for the default user.\r\n',
    '+OK\r\n-NOPERM this user has no permissions to run the info command\r\n',
    '+OK\r\n$100\r\n# Server\r\n',
  ];
  for (const answer of answers) {
    const result = answered(answer, { status: 1, errors: 'connect: Connection refused' });
    for (const check of checks()) {
      assert.notEqual(findingOf(check, result).verdict, 'pass', `${check.id}: ${answer}`);
    }
  }
});

test('it is told as whom, and over TLS or not, Redis is logged in to', () => {
  const of = (answer: string, login: Partial<RedisLogin> = {}) => {
    const { verdict, evidence } = loginVerdict(answered(answer.replaceAll('\n', '\r\n')), {
      ...{ tls: false, password: true, ...login },
    });
    return `${verdict}: ${evidence}`;
  };
  const as = (name: string, first = '+OK') => `${first}\n$${name.length}\n${name}\n+OK\n`;
  assert.equal(of(as('default')), 'pass: as default, without TLS');
  const relays = { user: 'relays', tls: true };
  assert.equal(of(as('relays'), relays), 'pass: as relays, over TLS');
  assert.equal(
    of(
      "+OK\n-NOPERM User relays has no permissions to run the 'acl|whoami' command\n+OK\n",
      relays,
    ),
    'pass: as relays, over TLS',
  );
  assert.equal(of(as('default'), relays), 'fail: as default, over TLS; wanted: as relays');
  assert.equal(
    of(as('default', '+PONG'), { password: false }),
    'pass: as default, without TLS, without a password',
  );
  assert.equal(
    of('-WRONGPASS invalid username-password pair\n-NOAUTH x\n'),
    'fail: the password in use is refused: WRONGPASS invalid username-password pair; wanted: as default, without TLS',
  );
  assert.match(of(''), /^fail: no answer/);
  assert.match(of('+OK\n-ERR unknown command\n'), /^fail: ACL WHOAMI answers: -ERR/);
});

test('a Redis that does not answer is to be started, one that answers what is wrong to be changed', () => {
  const fixOf = (id: string, result: ReturnType<typeof answered>) =>
    findingOf(checks().find((check) => check.id === `redis.${id}`)!, result).fix;
  const silent = answered('', { status: 1, errors: 'connect: Connection refused' });
  for (const id of ['version', 'memory', 'headroom', 'policy'])
    assert.match(fixOf(id, silent), /^scripts\/redis\.mjs --profile /, id);
  assert.match(
    fixOf('version', reply({ redis_version: '8.0.6' })),
    /^images\.redis in the profile/,
  );
  assert.match(
    fixOf('headroom', reply({ maxmemory: '1000', used_memory: '999' })),
    /^redis\.maxmemory in the profile/,
  );
  // The role always sets a limit: this one was told to the running Redis, which forgets it when it starts anew.
  assert.match(
    fixOf('memory', reply({ maxmemory: '0' })),
    /^scripts\/redis\.mjs .*; if that changes nothing: .*docker restart pocket-redis-redis-1; /,
  );
});

for (const [suite, expected] of [
  ['experimental', 'pass'],
  ['trixie', 'fail'],
] as const) {
  test(`a real Redis of Debian ${suite}: version ${expected}`, {
    skip: missing(suite),
  }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'pocket-checks-redis-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const context = labContext({ profile: OLDER });
    const password = context.secrets.get('redis_password').reveal();
    const options = [
      '--requirepass',
      password,
      '--maxmemory',
      '512mb',
      '--maxmemory-policy',
      'noeviction',
    ];
    const good = await startRedis(suite, ...options, '--appendonly', 'yes', '--dir', directory);
    const open = await startRedis(suite, '--maxmemory-policy', 'allkeys-lru');
    const secrets = context.secrets.named();
    const findings = await ask(moved(redisChecks(context), { 6379: good }), { secrets });
    const { 'redis.version': version, ...others } = findings;
    assert.equal(version!.verdict, expected, version!.evidence);
    for (const { id, verdict, evidence } of Object.values(others)) {
      assert.equal(verdict, 'pass', `${id}: ${evidence}`);
    }
    const exposed = await ask(moved(redisChecks(context), { 6379: open }), { secrets });
    assert.deepEqual([...new Set(Object.values(exposed).map(({ verdict }) => verdict))], ['fail']);
    assert.match(exposed['redis.password']!.evidence, /answers anybody/);
  });
}
