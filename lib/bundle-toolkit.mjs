// Makes the bundle that scripts load (bundled-toolkit.mjs): node lib/bundle-toolkit.mjs, as `make setup` does.
import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { BUNDLE, COMPILED, compiledSoFar } from './bundled-toolkit.mjs';

const began = new Date();
await bundle();
await compile();

async function bundle() {
  // Never what was compiled of another one.
  rmSync(dirname(BUNDLE), { recursive: true, force: true });
  await build({
    entryPoints: [fileURLToPath(new URL('toolkit.ts', import.meta.url))],
    outfile: unfinished(BUNDLE),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    charset: 'ascii',
    legalComments: 'none',
    // It is loaded only where images are bundled.
    external: ['zx'],
    // own-files.ts asks where it is. A checkout may be moved.
    define: { 'import.meta.dirname': 'SOURCES' },
    banner: { js: '(function (module, require, SOURCES) {' },
    footer: { js: '})' },
  });
  finish(BUNDLE);
}

/**
 * Compiles what deploys call, by printing what the lab's profile would run on its host. What Node's compile cache keeps
 * of a file is made before the file runs, and most functions are compiled only when they are called.
 */
async function compile() {
  const home = mkdtempSync(join(tmpdir(), 'pocket-automations-'));
  process.env.POCKET_AUTOMATIONS_HOME = home;
  try {
    const { roles } = await import('../scripts/deploy.mjs');
    const { loadDeployment, runDeploy } = await import('./index.mjs');
    const profile = fileURLToPath(new URL('../profiles/all-in-one-lab.yaml', import.meta.url));
    const silent = () => {};
    await runDeploy({
      deployment: loadDeployment(profile),
      // The two that need keys, which nobody has yet, are left out.
      roles: roles.filter(({ name }) => name !== 'relayminer' && name !== 'monitoring'),
      given: { print: true },
      terminal: { out: silent, err: silent, live: false, colour: false, verbose: false },
      again: '',
    });
  } catch {
    // Somebody has edited the profile: what was called until then is worth keeping, too.
  } finally {
    rmSync(home, { recursive: true });
  }
  writeFileSync(unfinished(COMPILED), compiledSoFar(), { flush: true });
  finish(COMPILED);
}

/** @param {string} path */
function unfinished(path) {
  return `${path}.new`;
}

/**
 * Puts a file in its place, as old as what was read: a source that was changed meanwhile is newer, for scripts and for make.
 * @param {string} path
 */
function finish(path) {
  utimesSync(unfinished(path), began, began);
  renameSync(unfinished(path), path);
}
