import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ROOT } from '../lab/paths.ts';

test('a target that needs a profile says how to give one', () => {
  for (const target of ['deploy', 'validate', 'report', 'images']) {
    const { status, stdout, stderr } = spawnSync('make', ['--no-print-directory', target], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, PROFILE: '' },
    });
    assert.deepEqual([status, stdout], [2, '']);
    const [first] = stderr.split('\n');
    assert.equal(first, `Give PROFILE=…, such as: make ${target} PROFILE=profiles/my-node.yaml`);
  }
});
