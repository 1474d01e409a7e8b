import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksOf } from '../../../lib/checks/all.ts';
import { reachableVerdict } from '../../../lib/checks/managed-postgres.ts';
import { findingOf } from '../../../lib/validation/check.ts';
import { labContext, MANAGED } from './deployment.ts';
import { answered } from './moved.ts';

test('peer defect D28 cannot happen here: managed services are asked from the hosts that use them', (t) => {
  t.after(() => delete process.env.TEST_MANAGED_PASSWORD);
  process.env.TEST_MANAGED_PASSWORD = 'the-administrator-chose-it';
  const managed = checksOf(labContext({ profile: MANAGED })).filter(({ group }) =>
    ['redis', 'postgres', 'temporal'].includes(group),
  );
  assert.deepEqual(
    managed.map(({ id }) => id),
    [
      ...['version', 'memory', 'headroom', 'policy', 'aof', 'snapshot', 'login', 'password'].map(
        (id) => `redis.${id}`,
      ),
      ...['reachable', 'login', 'database-provider', 'connections'].map((id) => `postgres.${id}`),
      ...['reachable', 'namespace-provider'].map((id) => `temporal.${id}`),
    ],
  );
  for (const check of managed) {
    assert.match(check.probe.text, /192\.0\.2\.[123]/, check.id);
    assert.doesNotMatch(check.probe.text, /the-administrator-chose-it/);
    if (check.group === 'redis') assert.match(check.fix, /^redis_url \(now redis:/);
    for (const silence of [
      answered('', { status: 1, errors: 'Connection refused' }),
      answered('', { ran: false, status: 124, errors: 'no answer within 10 s' }),
      answered('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ])
      assert.equal(findingOf(check, silence).verdict, 'fail', check.id);
  }
});

test('a managed PostgreSQL is asked for its connections, and for the schemas of a Temporal of one’s own', (t) => {
  t.after(() => delete process.env.TEST_MANAGED_PASSWORD);
  process.env.TEST_MANAGED_PASSWORD = 'the-administrator-chose-it';
  const profile = `
postgres_hosts: []
postgres: {mode: external, address: "192.0.2.2:5432"}
secrets: {postgres_password: "env:TEST_MANAGED_PASSWORD"}`;
  const checks = checksOf(labContext({ profile })).filter(({ group }) => group === 'postgres');
  const told = (id: string, output: string) => {
    const check = checks.find((one) => one.id === `postgres.${id}`)!;
    const { verdict, evidence, fix } = findingOf(check, answered(output));
    return `${verdict} ${evidence}${fix && ` (${fix})`}`;
  };
  assert.equal(told('connections', '12|100\n'), 'pass 12 of 100 in use');
  assert.match(
    told('connections', '96|100\n'),
    /^fail 96 of 100 in use; .*max_connections of that/,
  );
  assert.match(told('connections', '\n'), /^fail/);
  for (const schema of ['temporal', 'temporal-visibility']) {
    assert.equal(told(`schema-${schema}`, '1.17|1.0\n'), 'pass version 1.17');
    assert.match(told(`schema-${schema}`, '0.9|1.0\n'), /^fail version 0\.9; .*temporal\.mjs/);
    assert.match(told(`schema-${schema}`, '\n'), /^fail it has none/);
  }
});

test('a PostgreSQL without TLS fails where the profile wants it', () => {
  assert.equal(reachableVerdict(answered('S'), true).verdict, 'pass');
  assert.equal(reachableVerdict(answered('N'), true).verdict, 'fail');
  assert.equal(reachableVerdict(answered('N'), false).verdict, 'pass');
  assert.equal(reachableVerdict(answered('E'), false).verdict, 'fail');
});
