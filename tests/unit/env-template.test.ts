import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parse } from 'dotenv';
import { quoteEnvValue, renderEnvTemplate } from '../../lib/env-template.ts';
import { directoryWith } from './profile/temporary.ts';

const VALUES = [
  '',
  'plain',
  'a b',
  '  edges  ',
  'a #b',
  '#b',
  'x#y',
  "it's",
  "it's # here",
  '"both"',
  '$HOME',
  '${HOME:-x}',
  '$$',
  'a\\nb',
  'a\\b',
  '`id`',
  'a=b',
  '{"json": ["x", 1]}',
  'postgres://u:p%40@h:5432/d?sslmode=disable',
  'é 😀',
  '!x!',
  '*',
];

describe('rendering', () => {
  const render = (t: TestContext, template: string, values: Record<string, string>) => {
    const path = join(directoryWith(t, { 't.env': template }), 't.env');
    try {
      return renderEnvTemplate(path, values);
    } catch (error) {
      return (error as Error).message.replaceAll(path, 't.env');
    }
  };

  test('keeps comments, blank lines and literals, and fills placeholders', (t) => {
    assert.equal(
      render(t, '# what it is\nA={{a}}\n\nB=true\nC=http://{{host}}:1\n', { a: 'x y', host: 'h' }),
      "# what it is\nA='x y'\n\nB=true\nC=http://h:1\n",
    );
  });

  test('refuses, by template and line, what it cannot resolve', (t) => {
    assert.equal(
      render(t, 'A={{a}}\nB={{b}}\nno line\nA=1\n', { a: 'x', c: 'canary-value' }),
      [
        't.env:2: no value for {{b}}',
        't.env:3: expected NAME=value, a comment or an empty line',
        't.env:4: A is set twice',
        't.env: nothing uses the value {{c}}',
      ].join('\n'),
    );
  });

  test('refuses what no reader would read back, by name and never by value', (t) => {
    for (const value of [
      'two\nlines',
      'nul\0',
      `canary '"`,
      "canary '$x",
      "canary\\'",
      'canary\\',
    ]) {
      const message = render(t, 'A={{a}}\n', { a: value });
      assert.match(message, /^t\.env:1: the value of A cannot be written to an env file/, value);
      assert.doesNotMatch(message, /canary|two/);
    }
  });

  test('a value cannot bring placeholders or properties of objects with it', (t) => {
    assert.equal(render(t, 'A={{a}}\n', { a: '{{b}}' }), "A='{{b}}'\n");
    assert.equal(render(t, 'A={{toString}}\n', {}), 't.env:1: no value for {{toString}}');
  });
});

const files = () => VALUES.map((value, index) => `V${index}=${quoteEnvValue(value)}`).join('\n');

test('dotenv reads back the exact value', () => {
  assert.deepEqual(
    parse(files()),
    Object.fromEntries(VALUES.map((value, index) => [`V${index}`, value])),
  );
});

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
test('docker compose reads back the exact value, as env_file and when it interpolates', {
  skip: hasCompose ? false : 'docker compose is not installed here',
}, (t) => {
  const names = VALUES.map((_, index) => `      V${index}: \${V${index}}\n`).join('');
  const directory = directoryWith(t, {
    '.env': `${files()}\n`,
    'compose.yaml': `services:\n  file: {image: x, env_file: .env}\n  text:\n    image: x\n    environment:\n${names}`,
  });
  const run = spawnSync('docker', ['compose', 'config', '--format', 'json'], {
    cwd: directory,
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  const { services } = JSON.parse(run.stdout) as {
    services: Record<string, { environment: Record<string, string> }>;
  };
  for (const service of ['file', 'text']) {
    // Compose doubles every dollar when it prints its configuration.
    const read = VALUES.map((_, index) =>
      services[service]!.environment[`V${index}`]!.replaceAll('$$', '$'),
    );
    assert.deepEqual(read, VALUES, service);
  }
});
