import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { every } from '../../lab/standins/relayminer/every.ts';

test('who stops what is done again and again waits for the run under way, after which there is none', async () => {
  const told: string[] = [];
  const run = Promise.withResolvers<void>();
  const stop = every(
    1,
    async () => {
      told.push('begun');
      await run.promise;
      told.push('ended');
    },
    assert.ifError,
  );
  const stopped = stop().then(() => told.push('stopped'));
  await sleep(20);
  assert.deepEqual(told, ['begun']);
  run.resolve();
  await stopped;
  await sleep(20);
  assert.deepEqual(told, ['begun', 'ended', 'stopped']);
});
