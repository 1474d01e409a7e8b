import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excerpt } from '../../../lib/excerpt.ts';
import { hintFor } from '../../../lib/hints.ts';

test('what a failed step printed is shown from its end, short enough for a terminal', () => {
  assert.equal(excerpt('one\ntwo\n'), 'one\ntwo');
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
  assert.match(excerpt(lines), /^… \(40 lines before\)\nline 40\n(?:line \d+\n)*line 99$/);
  assert.equal(excerpt('x'.repeat(2000)), `${'x'.repeat(500)} … (1500 more)`);
});

test('of progress that is drawn over, the last drawing is shown', () => {
  assert.equal(excerpt('10 %\r20 %\rdone\r\nnext\r\n'), 'done\nnext');
});

test('the words of common failures lead to what to do', () => {
  const cases: [words: string, hint: RegExp][] = [
    ['cat: write error: No space left on device', /^The disk is full/],
    ["mkdir: cannot create directory 'x': Read-only file system", /^The file system is read-only/],
    ['pocket-redis-redis-1   Restarting (137) 2 seconds ago', /^The memory is not enough/],
    ['FATAL: could not map anonymous shared memory: Cannot allocate memory', /^The memory/],
    ["W: Failed to fetch … Temporary failure resolving 'deb.debian.org'", /cannot resolve names/],
    ['E: Release file for … is not valid yet (invalid for another 1d)', /^The clock/],
    ['curl: (60) SSL certificate problem: certificate is not yet valid', /^The clock/],
    ['E: Could not get lock /var/lib/dpkg/lock-frontend.', /^Another program/],
  ];
  for (const [words, hint] of cases) assert.match(hintFor(words), hint);
  assert.equal(hintFor('something else'), '');
});
