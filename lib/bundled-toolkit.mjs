// The toolkit as one file, and as what V8 has compiled of it. Its sources and those of zod and yaml are 300, and to find,
// read and compile them is much of the time that a script takes to start. `make setup` makes both (bundle-toolkit.mjs);
// scripts load the sources themselves once one of them has changed.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const SOURCES = new URL('./', import.meta.url);
const INSTALLED = new URL('../node_modules/.package-lock.json', import.meta.url);
export const BUNDLE = fileURLToPath(new URL('../.cache/toolkit/toolkit.cjs', import.meta.url));
export const COMPILED = fileURLToPath(
  new URL('../.cache/toolkit/toolkit.compiled', import.meta.url),
);

/** @type {vm.Script | undefined} */
let script;

/**
 * The toolkit out of the bundle, if there is one that is newer than every source and than the packages, and a script was
 * started. (A test loads sources, too, and there must not be two of each.)
 * @returns {typeof import('./toolkit.ts') | undefined}
 */
export function bundledToolkit() {
  if (!process.argv[1]?.endsWith('.mjs')) return undefined;
  const made = changedAt(BUNDLE);
  const current = made > 0 && changedAt(INSTALLED) <= made && newestSource(SOURCES) <= made;
  if (!current) return undefined;
  script = new vm.Script(readFileSync(BUNDLE, 'latin1'), {
    filename: BUNDLE,
    // What another V8 has compiled, this one compiles again.
    ...(existsSync(COMPILED) && { cachedData: readFileSync(COMPILED) }),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(module, createRequire(BUNDLE), fileURLToPath(SOURCES));
  return /** @type {typeof import('./toolkit.ts')} */ (module.exports);
}

/** What V8 has compiled of the bundle until now: the functions that were called. Throws where it was not loaded. */
export function compiledSoFar() {
  if (!script) throw new Error('the bundle was not loaded');
  return script.createCachedData();
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
