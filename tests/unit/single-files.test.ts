import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../lab/paths.ts';

test('scripts load zod and yaml as single files, which export what the packages do', async () => {
  const load = `await import('./lib/index.mjs');
    const names = {};
    for (const name of ['zod', 'yaml']) names[name] = Object.keys(await import(name));
    console.log(JSON.stringify({ urls: ['zod', 'yaml'].map((name) => import.meta.resolve(name)), names }));`;
  const { urls, names } = JSON.parse(run(ROOT, load));
  for (const url of urls) assert.match(url, /\/\.cache\/packages\/(zod|yaml)\.mjs$/);
  const named = (of: object) =>
    Object.keys(of).filter((name) => name !== 'default' && name !== 'module.exports');
  assert.deepEqual(names.zod.sort(), named(await import('zod')).sort());
  assert.deepEqual(names.yaml.sort(), named(await import('yaml')).sort());
});

test('a single file that is older than what was installed last, or absent, is not loaded', (t) => {
  const place = mkdtempSync(join(tmpdir(), 'single-files-'));
  t.after(() => rmSync(place, { recursive: true }));
  const write = (path: string, text: string) => {
    mkdirSync(join(place, path, '..'), { recursive: true });
    writeFileSync(join(place, path), text);
  };
  write('package.json', '{"type": "module"}');
  mkdirSync(join(place, 'lib'));
  cpSync(join(ROOT, 'lib/single-files.mjs'), join(place, 'lib/single-files.mjs'));
  for (const name of ['zod', 'yaml']) {
    write(`node_modules/${name}/package.json`, '{"type": "module", "exports": "./index.js"}');
    write(`node_modules/${name}/index.js`, `export const from = 'the package';`);
  }
  write('node_modules/.package-lock.json', '{}');
  write('.cache/packages/zod.mjs', `export const from = 'the single file';`);
  const load = `const { loadSingleFiles } = await import('./lib/single-files.mjs');
    loadSingleFiles();
    for (const name of ['zod', 'yaml']) console.log((await import(name)).from);`;
  assert.equal(run(place, load), 'the single file\nthe package\n');

  const later = Date.now() / 1000 + 60;
  utimesSync(join(place, 'node_modules/.package-lock.json'), later, later);
  assert.equal(run(place, load), 'the package\nthe package\n');
});

function run(directory: string, script: string): string {
  const words = ['--input-type=module', '--eval', script];
  return execFileSync(process.execPath, words, { cwd: directory, encoding: 'utf8' });
}
