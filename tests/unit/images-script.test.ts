import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT } from '../../lib/exit-codes.ts';
import { directoryWith } from './profile/temporary.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROFILE = join(ROOT, 'profiles/all-in-one-lab.yaml');

/** Runs scripts/images.mjs beside a Docker that does what the shell script says. */
function images(t: TestContext, docker: string, ...words: string[]) {
  const home = directoryWith(t, { 'bin/docker': `#!/bin/sh\n${docker}\n` });
  chmodSync(join(home, 'bin/docker'), 0o755);
  const run = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/images.mjs'), '--profile', PROFILE, ...words],
    {
      encoding: 'utf8',
      cwd: home,
      env: {
        ...process.env,
        POCKET_AUTOMATIONS_HOME: home,
        PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      },
    },
  );
  return { ...run, home };
}

const lines = (text: string) => text.trimEnd().split('\n');

test('scripts/images.mjs --list prints every image of a profile once, and asks no host or Docker', (t) => {
  const { status, stdout, stderr } = images(t, 'echo asked >&2; exit 1', '--list');
  assert.deepEqual([status, stderr], [EXIT.done, '']);
  const listed = lines(stdout);
  assert.deepEqual(listed, [...new Set(listed)]);
  for (const name of [
    'library/redis:',
    'library/postgres:',
    'caddy',
    'auto-setup',
    'relay-miner',
    'workflows',
    'prometheus:',
  ])
    assert.equal(listed.filter((reference) => reference.includes(name)).length, 1, name);
});

test('scripts/images.mjs --save names every image that this machine lacks, and leaves nothing', (t) => {
  const { stdout } = images(t, '', '--list');
  const refusal = 'echo "Error: No such image" >&2; exit 1';
  const { status, stderr, home } = images(t, refusal, '--save', 'bundle');
  assert.equal(status, EXIT.failed, stderr);
  for (const reference of lines(stdout)) {
    const name = reference.replace(/^docker\.io\/(library\/)?/, '');
    assert.ok(stderr.includes(name), `${name}: ${stderr}`);
  }
  assert.match(stderr, /pull or build first/);
  assert.equal(existsSync(join(home, 'bundle')), false);
});

test('scripts/images.mjs --list and --save take no option beside the profile', (t) => {
  for (const [words, left] of [
    [['--list', '--limit', 'nope'], '--list does nothing else: leave out --limit'],
    [['--list', '--save', 'b'], '--list does nothing else: leave out --save'],
    [['--save', 'b', '--yes', '--dry-run'], '--save does nothing else: leave out --dry-run, --yes'],
  ] as const) {
    const { status, stdout, stderr, home } = images(t, 'echo asked >&2; exit 1', ...words);
    assert.deepEqual([status, stdout, stderr], [EXIT.usage, '', `${left}\n`]);
    assert.equal(existsSync(join(home, 'b')), false);
  }
});
