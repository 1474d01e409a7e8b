import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helpText, parseOptions } from '../../../lib/commands/options.ts';
import { EXIT, UserError } from '../../../lib/exit-codes.ts';

const TABLE = {
  profile: { value: 'FILE', help: 'the profile' },
  limit: { value: 'HOST,…', help: 'these hosts only' },
  'redis-image': { value: 'IMAGE', help: 'the image' },
  'dry-run': { help: 'change nothing' },
  json: { help: 'JSON' },
} as const;

const refused = (...words: string[]): string => {
  try {
    assert.fail(`accepted: ${JSON.stringify(parseOptions(TABLE, words))}`);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.exitCode, EXIT.usage);
    assert.match(error.message, /See --help/);
    return error.message;
  }
};

test('values stay the text that was typed', () => {
  const texts = [
    '1.0',
    '0123',
    '1e3',
    '0x10',
    'true',
    'false',
    'null',
    'a=b',
    'ü',
    ' ',
    '*',
    '10.0.0.1',
  ];
  for (const text of texts) {
    assert.deepEqual(parseOptions(TABLE, ['--limit', text]), { limit: text });
    assert.deepEqual(parseOptions(TABLE, [`--limit=${text}`]), { limit: text });
  }
  assert.deepEqual(parseOptions(TABLE, ['--redis-image=--odd']), { 'redis-image': '--odd' });
});

test('flags are on or absent', () => {
  assert.deepEqual(parseOptions(TABLE, []), {});
  assert.deepEqual(parseOptions(TABLE, ['--dry-run', '--limit', 'a', '--json']), {
    'dry-run': true,
    json: true,
    limit: 'a',
  });
});

test('what is not in the table is refused, with what it may have been meant to be', () => {
  assert.match(refused('--dryrun'), /unknown option --dryrun, did you mean --dry-run\?/);
  assert.match(refused('--profil=x'), /unknown option --profil, did you mean --profile\?/);
  assert.match(refused('--something-else'), /unknown option --something-else$/m);
  assert.match(refused('-v'), /unknown option -v/);
  assert.match(refused('profile.yaml'), /"profile.yaml" is not an option/);
  assert.match(refused('--profile', 'a', 'b'), /"b" is not an option/);
  assert.match(refused('--profile.name', 'x'), /unknown option/);
  assert.match(refused('--__proto__', 'x'), /unknown option/);
});

test('a mistake is never taken for consent to change hosts', () => {
  for (const words of [
    ['--dry-run=false'],
    ['--dry-run=no'],
    ['--dry-run', 'false'],
    ['--no-dry-run'],
    ['--no-profile'],
    ['--no-limit=x'],
    ['--', '--dry-run'],
    ['--profile', 'x', '--'],
    ['--dry-run', 'no'],
  ]) {
    refused(...words);
  }
  assert.match(refused('--dry-run=false'), /--dry-run takes no value/);
});

test('an option that is given twice or without its value is refused', () => {
  assert.match(refused('--limit', 'a', '--limit', 'b'), /--limit is given 2 times/);
  assert.match(refused('--limit'), /--limit needs a value: --limit HOST,…/);
  assert.match(refused('--limit='), /--limit needs a value/);
  assert.match(refused('--limit', '--json'), /--limit needs a value/);
});

test('every mistake is told at once', () => {
  const told = refused('--dryrun', 'extra', '--jsn', '--limit');
  for (const part of [/--dryrun/, /--limit needs/, /did you mean --json/, /"extra"/])
    assert.match(told, part);
});

test('the help shows every option, its value, and examples first', () => {
  const help = helpText('scripts/x.mjs', 'Does x.', TABLE, ['--profile a.yaml', '']);
  assert.ok(help.indexOf('Examples:') < help.indexOf('Options:'));
  for (const [name, option] of Object.entries(TABLE)) {
    const line = help.split('\n').find((one) => one.startsWith(`  --${name}`));
    assert.ok(line?.includes(option.help), name);
    if ('value' in option) assert.ok(line?.includes(`--${name} ${option.value}`), name);
  }
  assert.match(help, /^ {2}scripts\/x\.mjs --profile a\.yaml$/m);
  assert.match(help, /^ {2}scripts\/x\.mjs$/m);
});
