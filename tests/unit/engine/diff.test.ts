import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { file } from '../../../lib/steps/file.ts';
import { runSteps, skip, temporary } from './run.ts';

const SECRET = { name: 'redis_password', value: 'canary-new' };

/** The lines that a dry run shows as gone and come, when the file is `before` and is to be `after`. */
async function shown(t: TestContext, before: string, after: string, mode = '600') {
  const path = join(temporary(t), 'file');
  writeFileSync(path, before);
  chmodSync(path, Number.parseInt(mode, 8));
  const step = file({ path, content: after, mode });
  const { events } = await runSteps([step], { secrets: [SECRET], dryRun: true });
  const output = events.at(-1)?.output ?? '';
  return output.split('\n').filter((line) => /^[-+](?![-+])/.test(line));
}

test('a changed line is shown as it was and will be', { skip }, async (t) => {
  const lines = await shown(t, 'a: 1\nb: 2\n', 'a: 1\nb: 3\n', '644');
  assert.deepEqual(lines, ['-b: 2', '+b: 3']);
});

test('a changed secret is seen to change, neither value is shown', { skip }, async (t) => {
  const lines = await shown(t, 'P="canary-old"\nb=2\n', 'P="canary-new"\nb=2\n');
  assert.deepEqual(lines, ['-P=*** (another)', '+P="***"']);
});

test('beside a secret that stays, another line is shown as it was', { skip }, async (t) => {
  const before = 'url: redis://:canary-new@redis\nlevel: info\n';
  const lines = await shown(t, before, 'url: redis://:canary-new@redis\nlevel: debug\n');
  assert.deepEqual(lines, ['-level: info', '+level: debug']);
});

test('a secret that goes with its line is not shown', { skip }, async (t) => {
  const lines = await shown(t, '  Token: canary-old\nb: 2\n\n', 'b: 2\n');
  assert.deepEqual(lines, ['-  Token: *** (another)', '-']);
});

test('a key that goes from a list is not shown', { skip }, async (t) => {
  const lines = await shown(
    t,
    'keys:\n  - canary-old\n  - canary-new\n',
    'keys:\n  - canary-new\n',
  );
  assert.deepEqual(lines, ['-  - *** (another)']);
});

test('of a file that had secrets and has none any more, no value is shown', { skip }, async (t) => {
  const lines = await shown(t, 'canary-old\n', 'nothing\n');
  assert.deepEqual(lines, ['-*** (another)', '+nothing']);
});

test('a URL that is one without a login now is shown without the login that it had', {
  skip,
}, async (t) => {
  const lines = await shown(t, 'url: "redis://:canary-old@h:6379"\n', 'url: "redis://h:6379"\n');
  assert.deepEqual(lines, ['-url: "redis://***@h:6379"', '+url: "redis://h:6379"']);
});
