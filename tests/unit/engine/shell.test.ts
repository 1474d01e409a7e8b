import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { lines, quote, Shell, sh } from '../../../lib/shell.ts';

const HOSTILE = [
  '',
  ' ',
  'plain-word_1.2/3:4@5%6,7+8',
  "it's",
  `'"'"'`,
  "''",
  '"double"',
  '$HOME ${HOME} $(touch /tmp/owned) `touch /tmp/owned`',
  "'; touch /tmp/owned; '",
  'first line\nsecond line\n\n',
  '\ttab\rreturn\x1b[31mescape\x7f',
  '-n',
  '--help',
  '-rf /',
  '~',
  '~root/.ssh',
  '* ? [a-z] {a,b} {1..3}',
  '!history !!',
  'back\\slash\\\\ and \\n',
  '# no comment',
  'a=b',
  '&& || ; | & > < ( )',
  "$'ansi\\x41'",
  'Ünïcödé 漢字 🚀 \u00a0\u2028',
  'x'.repeat(100_000),
];

for (const shell of ['bash', 'dash']) {
  const skip = spawnSync(shell, ['-c', 'true']).status === 0 ? false : `there is no ${shell} here`;
  test(`every value arrives in ${shell} byte for byte`, { skip }, () => {
    for (const value of HOSTILE) {
      const script = sh`printf '%s\0' ${value} ${[value, 'end']}`;
      const { stdout, stderr } = spawnSync(shell, ['-s'], { input: script.text });
      const received = stdout.toString().split('\0').slice(0, -1);
      assert.deepEqual(received, [value, value, 'end'], stderr.toString());
    }
  });
}

test('a value in double place stays one word, a list becomes one word per item', () => {
  assert.equal(sh`touch ${'a b'} ${['c', 'd e', 7]}`.text, `touch 'a b' c 'd e' 7`);
  assert.equal(sh`true ${[]}`.text, 'true ');
  assert.equal(sh`${new Shell('a | b')}`.text, 'a | b');
  assert.equal(lines(sh`a`, sh`b ${'$c'}`).text, "a\nb '$c'");
});

test('what no shell can carry is refused instead of becoming the word undefined', () => {
  const none = undefined as unknown as string;
  const refused: unknown[] = [none, null, Number.NaN, Number.POSITIVE_INFINITY, true, {}, [none]];
  for (const value of refused)
    assert.throws(() => sh`echo ${value as string}`, TypeError, String(value));
  for (const value of ['\0', 'a\0b', ['a', '\0']]) assert.throws(() => sh`echo ${value}`, /NUL/);
  assert.throws(() => quote('\0'), /NUL/);
});

test('the indentation of our own text goes, that of values stays', () => {
  const text = sh`
    if true; then
      echo ${'one\n    two'}
    fi`.text;
  assert.equal(text, "if true; then\n  echo 'one\n    two'\nfi");
});

test('a dollar and a backtick of our own text are written with a backslash', () => {
  assert.equal(sh`echo "\${HOME}" $(id) \`id\``.text, 'echo "${HOME}" $(id) `id`');
});
