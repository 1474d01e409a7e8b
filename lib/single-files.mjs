// Packages of many files, each as one file. zod and yaml have 190, and to find, read and link them is most of the time that
// a script takes to start. `make setup` makes one file of each (node lib/single-files.mjs); scripts load these instead.
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import module from 'node:module';

const PACKAGES = ['zod', 'yaml'];
/** @param {string} name */
const fileOf = (name) => new URL(`../.cache/packages/${name}.mjs`, import.meta.url);
const INSTALLED = new URL('../node_modules/.package-lock.json', import.meta.url);

/** Has Node load the single files of packages, where they are there and newer than what was installed last. */
export function loadSingleFiles() {
  const installed = changedAt(INSTALLED);
  const current = PACKAGES.filter((name) => changedAt(fileOf(name)) >= installed);
  const urls = new Map(current.map((name) => [name, fileOf(name).href]));
  module.registerHooks({
    resolve: (specifier, context, next) => {
      const url = urls.get(specifier);
      return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
    },
  });
}

/** @param {URL} file */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** What Node calls the whole of a package, which nobody here asks for. */
const NAMELESS = ['default', 'module.exports'];

async function makeSingleFiles() {
  const { build } = await import('esbuild');
  for (const name of PACKAGES) {
    // Named one by one, since what a CommonJS package exports can only be told once it runs.
    const names = Object.keys(await import(name)).filter((one) => !NAMELESS.includes(one));
    const { outputFiles } = await build({
      stdin: { contents: `export { ${names} } from '${name}';`, resolveDir: import.meta.dirname },
      bundle: true,
      minifyWhitespace: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
      },
      write: false,
    });
    // In one move, so that no script ever loads half of it.
    const file = fileOf(name);
    const unfinished = new URL(`${file}.new`);
    mkdirSync(new URL('.', file), { recursive: true });
    writeFileSync(unfinished, outputFiles[0]?.contents ?? '');
    renameSync(unfinished, file);
  }
}

if (import.meta.main) await makeSingleFiles();
