import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { replaceFile } from '../../lib/replace-file.ts';
import { directoryWith } from './profile/temporary.ts';

test('a file is replaced for its owner alone, also after one that was killed meanwhile', (t) => {
  const directory = directoryWith(t, { file: 'old' });
  const path = join(directory, 'file');
  writeFileSync(`${path}.${process.pid}`, 'half of one');
  replaceFile(path, 'new');
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ['file']);
});
