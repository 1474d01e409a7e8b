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
      ...['reachable', 'login', 'database-provider'].map((id) => `postgres.${id}`),
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

test('a PostgreSQL without TLS fails where the profile wants it', () => {
  assert.equal(reachableVerdict(answered('S'), true).verdict, 'pass');
  assert.equal(reachableVerdict(answered('N'), true).verdict, 'fail');
  assert.equal(reachableVerdict(answered('N'), false).verdict, 'pass');
  assert.equal(reachableVerdict(answered('E'), false).verdict, 'fail');
});
