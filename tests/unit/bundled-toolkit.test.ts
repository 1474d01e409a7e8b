import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../lab/paths.ts';

const COMPILED = '.cache/toolkit/toolkit.compiled';

test('scripts load the toolkit as a bundle, and its sources once one is newer', (t) => {
  const checkout = copy(t);
  assert.equal(loaded(checkout), 'sources');
  node(checkout, 'lib/bundle-toolkit.mjs');
  assert.equal(loaded(checkout), 'bundle');
  for (const path of ['lib/toolkit.ts', 'lib/profile/load.ts', 'lib/report/report.ts']) {
    change(join(checkout, path));
    assert.equal(loaded(checkout), 'sources', path);
    node(checkout, 'lib/bundle-toolkit.mjs');
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
  node(checkout, 'lib/bundle-toolkit.mjs');
  const moved = join(checkout, '../moved');
  execFileSync('mv', [checkout, moved]);
  assert.equal(loaded(moved), 'bundle');
  assert.deepEqual(
    asked.map((one) => node(moved, ...one)),
    before.map((text) => text.replaceAll(checkout, moved)),
  );
});

test('a bundle comes with the functions that a deploy calls, compiled', (t) => {
  const checkout = copy(t);
  node(checkout, 'lib/bundle-toolkit.mjs');
  const kept = statSync(join(checkout, COMPILED)).size;
  const withThem = compiledBytes(checkout);
  rmSync(join(checkout, COMPILED));
  const without = compiledBytes(checkout);
  assert.ok(withThem > kept * 0.95, `${withThem} of ${kept} bytes`);
  assert.ok(without < kept * 0.6, `${without} of ${kept} bytes`);
});

test('both files are as old as what was read, so that make sees a source that was changed meanwhile', (t) => {
  const checkout = copy(t);
  const began = Date.now();
  node(checkout, 'lib/bundle-toolkit.mjs');
  const [bundle, compiled] = ['.cache/toolkit/toolkit.cjs', COMPILED].map(
    (path) => statSync(join(checkout, path)).mtimeMs,
  );
  assert.equal(compiled, bundle);
  assert.ok(bundle! >= began - 1 && bundle! < began + 5000, `${bundle! - began} ms`);
});

test('what was compiled by another Node, or is damaged, does no harm', (t) => {
  const checkout = copy(t);
  node(checkout, 'lib/bundle-toolkit.mjs');
  const words = ['scripts/redis.mjs', '--help'];
  const help = node(checkout, ...words);
  // V8 takes what was compiled with other flags for that of another V8.
  assert.equal(node(checkout, '--no-opt', ...words), help);
  const path = join(checkout, COMPILED);
  const whole = readFileSync(path);
  for (const damaged of [Buffer.alloc(0), whole.subarray(0, 5000), Buffer.alloc(whole.length, 7)]) {
    writeFileSync(path, damaged);
    assert.equal(node(checkout, ...words), help);
  }
});

test('a bundle is made although the profile of the lab was edited', (t) => {
  const checkout = copy(t);
  writeFileSync(join(checkout, 'profiles/all-in-one-lab.yaml'), 'hosts: [');
  node(checkout, 'lib/bundle-toolkit.mjs');
  assert.equal(loaded(checkout), 'bundle');
});

/** How much of the bundle is compiled as soon as it is loaded. */
function compiledBytes(checkout: string): number {
  const script = `import { bundledToolkit, compiledSoFar } from './lib/bundled-toolkit.mjs';
    bundledToolkit();
    console.log(compiledSoFar().length);`;
  writeFileSync(join(checkout, 'how-much.mjs'), script);
  return Number(node(checkout, 'how-much.mjs'));
}

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
    console.log(urls.some((url) => url.endsWith('.ts')) ? 'sources' : 'bundle');`;
  writeFileSync(join(checkout, 'which.mjs'), script);
  return node(checkout, 'which.mjs').trim();
}

function change(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}
