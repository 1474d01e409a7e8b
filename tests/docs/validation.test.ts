import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CHECK_GROUPS } from '../../lib/validation/check.ts';
import { helpOf } from './help.ts';

test('docs/validation.md and --help list the groups of checks, in their order', () => {
  const guide = readFileSync(new URL('../../docs/validation.md', import.meta.url), 'utf8');
  const [, listed = ''] = /^The groups are (.+)\.$/m.exec(guide) ?? [];
  assert.equal(listed, CHECK_GROUPS.map((group) => `\`${group}\``).join(', '));
  assert.ok(helpOf('scripts/validate.mjs').includes(CHECK_GROUPS.join(', ')));
});
