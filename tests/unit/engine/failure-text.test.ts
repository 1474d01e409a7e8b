import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excerpt } from '../../../lib/run/excerpt.ts';
import { failureText } from '../../../lib/run/failure-text.ts';
import { hintFor } from '../../../lib/run/hints.ts';

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
    ['Error processing tar file: write /usr/bin/x: no space left on device', /^The disk is full/],
    ['mkdir /var/lib/docker/tmp: read-only file system', /^The file system is read-only/],
    ["mkdir: cannot create directory 'x': Read-only file system", /^The file system is read-only/],
    ['pocket-redis-redis-1   Restarting (137) 2 seconds ago', /^The memory is not enough/],
    ['FATAL: could not map anonymous shared memory: Cannot allocate memory', /^The memory/],
    ["W: Failed to fetch … Temporary failure resolving 'deb.debian.org'", /cannot resolve names/],
    ['E: Release file for … is not valid yet (invalid for another 1d)', /^The clock/],
    ['curl: (6) Could not resolve host: registry-1.docker.io', /cannot resolve names/],
    ['curl: (60) SSL certificate problem: certificate is not yet valid', /^The clock/],
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.',
      /^Docker does not answer/,
    ],
    ['E: Could not get lock /var/lib/dpkg/lock-frontend.', /^Another program/],
  ];
  for (const [words, hint] of cases) assert.match(hintFor(words), hint);
  assert.equal(hintFor('something else'), '');
});

const event = {
  ...({ type: 'failed', number: 2, role: 'redis' } as const),
  ...{ title: 'Write a file', milliseconds: 300_400, exitStatus: 1, output: '' },
};

test('a step that failed is told with where, why, its last words and what to do', () => {
  const output = 'cp: error writing: No space left on device\n';
  const told = failureText('one', { ...event, output }).split('\n');
  assert.deepEqual(told.slice(0, 2), ['one: redis: Write a file: exit status 1', output.trim()]);
  assert.match(told[2] ?? '', /^What to do: The disk is full/);
  assert.equal(failureText('one', event), 'one: redis: Write a file: exit status 1');
});

test('a step that hung is told with how long it had, and where to look', () => {
  const told = failureText('one', { ...event, exitStatus: 124 }).split('\n');
  assert.equal(told[0], 'one: redis: Write a file: its time was over after 300 s');
  assert.match(
    told[1] ?? '',
    /^What to do: What hung was ended.* See on the host what it waited for/,
  );
  const known = failureText('one', { ...event, exitStatus: 124, output: 'Out of memory' });
  assert.match(known, /What to do: The memory is not enough/);
});
