import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../../lib/own-files.ts';

const PROFILES = join(ROOT, 'profiles');
const inCheckout = spawnSync('git', ['-C', ROOT, 'rev-parse']).status === 0;
const ignored = (path: string) =>
  spawnSync('git', ['-C', ROOT, 'check-ignore', '--quiet', '--no-index', path]).status === 0;

test('git does not see the secrets that a copied profile names beside itself, and sees the profile', {
  skip: inCheckout ? false : 'this is no checkout of git',
}, () => {
  const named = readdirSync(PROFILES)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => [
      ...readFileSync(join(PROFILES, name), 'utf8').matchAll(/(?:keys_file: <?|file:)(\w[\w.-]*)/g),
    ])
    .map(([, file = '']) => file);
  assert.ok(named.includes('db-password.txt') && named.includes('dns-token.txt'));
  for (const file of [...named, 'supplier-keys.yaml', 'relay.pem', 'relay.key'])
    assert.ok(ignored(`profiles/${file}`), file);
  for (const file of ['my-node.yaml', 'custom.yaml', 'profile.schema.json'])
    assert.ok(!ignored(`profiles/${file}`), file);
});
