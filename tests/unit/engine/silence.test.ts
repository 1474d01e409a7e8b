import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../../../lib/run/silence.ts';

test('a host that does not answer in time is given up', async () => {
  assert.equal(await within('far', 60, Promise.resolve('here')), 'here');
  await assert.rejects(within('far', 0.02, new Promise(() => {})), {
    message: 'far: connected, yet it has said nothing for 0.02 s',
    exitCode: 4,
  });
});
