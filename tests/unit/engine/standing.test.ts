import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standing } from '../../../lib/commands/standing.ts';
import type { Outcome } from '../../../lib/run/deploy.ts';

const outcome = (host: string, status: Outcome['status'], ...roles: Outcome['roles']): Outcome => ({
  ...{ host, roles, status, reason: '' },
});

test('after an interruption every host is told of in a line: what is done, what is not, and the step it ended after', () => {
  const lines = standing([
    outcome('one', 'done', 'common', 'install-docker'),
    { ...outcome('one', 'interrupted', 'redis'), reason: 'ended after step 3 of 9' },
    outcome('two', 'interrupted', 'common'),
    outcome('three', 'done', 'common'),
    outcome('four', 'done', 'common'),
    outcome('four', 'failed', 'redis'),
    outcome('four', 'skipped', 'relayminer'),
  ]);
  assert.deepEqual(lines, [
    '  one  done: common, install-docker; redis: ended after step 3 of 9',
    '  two  not done: common',
    '  three  done: common',
    '  four  done: common; not done: redis, relayminer',
  ]);
});
