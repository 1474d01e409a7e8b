import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Compares a generated file with what it should hold; `UPDATE_DOCS=1` writes it anew instead. */
export function assertCurrent(path: string, text: string): void {
  if (process.env.UPDATE_DOCS) writeFileSync(`${ROOT}${path}`, text);
  const current = readFileSync(`${ROOT}${path}`, 'utf8');
  assert.equal(current, text, `${path} is out of date: run with UPDATE_DOCS=1`);
}
