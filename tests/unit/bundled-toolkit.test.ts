import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../lab/paths.ts';

test('scripts load the toolkit as a bundle, and its sources once one is newer', (t) => {
  const checkout = copy(t);
  assert.equal(loaded(checkout), 'sources');
  node(checkout, 'lib/bundled-toolkit.mjs');
  assert.equal(loaded(checkout), 'bundle');
  for (const path of ['lib/toolkit.ts', 'lib/profile/load.ts', 'lib/report/report.ts']) {
    change(join(checkout, path));
    assert.equal(loaded(checkout), 'sources', path);
    node(checkout, 'lib/bundled-toolkit.mjs');
    assert.equal(loaded(checkout), 'bundle', path);
  }
});

test('a bundle does what the sources do, also where the checkout was moved', (t) => {
  const checkout = copy(t);
  const words = ['scripts/redis.mjs', '--help'];
  const asked = [
    words,
    ['scripts/validate.mjs', '--help'],
    ['scripts/report.mjs', '--help'],
    ['scripts/redis.mjs', '--host', 'root@203.0.113.10', '--print'],
  ];
  const before = asked.map((one) => node(checkout, ...one));
  node(checkout, 'lib/bundled-toolkit.mjs');
  const moved = join(checkout, '../moved');
  execFileSync('mv', [checkout, moved]);
  assert.equal(loaded(moved), 'bundle');
  assert.deepEqual(
    asked.map((one) => node(moved, ...one)),
    before.map((text) => text.replaceAll(checkout, moved)),
  );
});

/** What this project's scripts need, somewhere else. */
function copy(t: TestContext): string {
  const place = mkdtempSync(join(tmpdir(), 'bundled-toolkit-'));
  t.after(() => rmSync(place, { recursive: true }));
  const checkout = join(place, 'checkout');
  mkdirSync(checkout);
  for (const name of ['lib', 'scripts', 'compose', 'env-templates', 'profiles', 'package.json'])
    cpSync(join(ROOT, name), join(checkout, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  return checkout;
}

function node(checkout: string, ...words: string[]): string {
  const options = { cwd: checkout, encoding: 'utf8' } as const;
  return execFileSync(process.execPath, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** From where index.mjs has loaded the toolkit. */
function loaded(checkout: string): string {
  const script = `const urls = [];
    const load = (url, context, next) => { urls.push(url); return next(url, context); };
    (await import('node:module')).registerHooks({ load });
    await import('./lib/index.mjs');
    const from = { bundle: '/.cache/toolkit/toolkit.mjs', sources: '/lib/toolkit.ts' };
    console.log(Object.keys(from).filter((name) => urls.some((url) => url.endsWith(from[name]))).join());`;
  writeFileSync(join(checkout, 'which.mjs'), script);
  return node(checkout, 'which.mjs').trim();
}

function change(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}
