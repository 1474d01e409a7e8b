// The toolkit as a few files. Its sources and those of zod and yaml are 300, and to find, read and link them is much of
// the time that a script takes to start. `make setup` bundles them (node lib/bundled-toolkit.mjs); scripts load the sources
// themselves once one of them has changed.
import { readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCES = new URL('./', import.meta.url);
const INSTALLED = new URL('../node_modules/.package-lock.json', import.meta.url);
const BUNDLE = new URL('../.cache/toolkit/', import.meta.url);
const ENTRY = new URL('toolkit.mjs', BUNDLE);

/**
 * The URL of the bundle, if there is one that is newer than every source and than the packages, and a script was started.
 * (A test loads sources, too, and there must not be two of each.)
 */
export function bundledToolkit() {
  if (!process.argv[1]?.endsWith('.mjs')) return undefined;
  const made = changedAt(ENTRY);
  const current = made > 0 && changedAt(INSTALLED) <= made && newestSource(SOURCES) <= made;
  return current ? ENTRY.href : undefined;
}

/** @param {URL | string} file */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * When the newest source below a directory was changed. (By hand, since `recursive` takes three times as long.)
 * @param {URL} directory
 * @returns {number}
 */
function newestSource(directory) {
  let newest = 0;
  const path = fileURLToPath(directory);
  for (const name of readdirSync(path)) {
    if (name.endsWith('.ts')) newest = Math.max(newest, changedAt(path + name));
    else if (!name.includes('.'))
      newest = Math.max(newest, newestSource(new URL(`${name}/`, directory)));
  }
  return newest;
}

async function bundle() {
  const { build } = await import('esbuild');
  const began = new Date();
  const unfinished = new URL('../.cache/toolkit.new/', import.meta.url);
  rmSync(unfinished, { recursive: true, force: true });
  await build({
    entryPoints: [fileURLToPath(new URL('toolkit.ts', SOURCES))],
    outdir: fileURLToPath(unfinished),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    // It is loaded only where images are bundled.
    external: ['zx'],
    // own-files.ts asks where it is. The answer is relative to the bundle, since a checkout may be moved.
    define: { 'import.meta.dirname': 'OWN_SOURCES' },
    banner: {
      js: `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const OWN_SOURCES = require('node:path').join(import.meta.dirname, '../../lib');`,
    },
  });
  // As old as what was read: a source that was changed meanwhile is newer.
  utimesSync(new URL('toolkit.mjs', unfinished), began, began);
  rmSync(BUNDLE, { recursive: true, force: true });
  renameSync(unfinished, BUNDLE);
}

if (import.meta.main) await bundle();
