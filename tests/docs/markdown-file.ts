import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

/** Compares a generated file with what it should hold; `UPDATE_DOCS=1` writes it anew instead. */
export function assertCurrent(path: string, text: string): void {
  const file = new URL(path, ROOT);
  if (process.env.UPDATE_DOCS) writeFileSync(file, text);
  assert.equal(readFileSync(file, 'utf8'), text, `${path} is out of date: run with UPDATE_DOCS=1`);
}
