import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../lab/paths.ts';

const directory = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'runs-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
};

/** A test file that writes down that it ran, and fails where the condition does not hold of how often it did. */
function testFile(path: string, condition: string): string {
  writeFileSync(
    path,
    `import { appendFileSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
test('a test', () => {
  appendFileSync('${path}.runs', '.');
  const runs = readFileSync('${path}.runs', 'utf8').length;
  if (!(${condition})) throw new Error('not yet');
});\n`,
  );
  return path;
}

const runs = (path: string) => readFileSync(`${path}.runs`, 'utf8').length;

function run(again: string, ...files: string[]): number | null {
  // Inside of a test, Node's runner would take the one that it starts for its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const words = [join(ROOT, 'tests', 'run.ts'), '2', ...files];
  return spawnSync(process.execPath, words, { cwd: ROOT, env: { ...env, AGAIN: again } }).status;
}

test('a file that fails once runs once more and counts as passed, and no other does', (t) => {
  const files = directory(t);
  const good = testFile(join(files, 'good.test.mjs'), 'true');
  const slow = testFile(join(files, 'slow.test.mjs'), 'runs > 1');
  assert.equal(run('1', good, slow), 0);
  assert.deepEqual([runs(good), runs(slow)], [1, 2]);
});

test('a file that fails twice has failed', (t) => {
  const bad = testFile(join(directory(t), 'bad.test.mjs'), 'runs > 2');
  assert.equal(run('1', bad), 1);
  assert.equal(runs(bad), 2);
});

test('nothing runs twice unless it is wanted', (t) => {
  const bad = testFile(join(directory(t), 'bad.test.mjs'), 'runs > 1');
  assert.equal(run('', bad), 1);
  assert.equal(runs(bad), 1);
});
