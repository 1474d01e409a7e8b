import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../lab/paths.ts';
import { directoryWith } from './profile/temporary.ts';
import { eventually } from './standins/harness.ts';

/** What makes this Node call itself an older one; the one that lib/index.mjs then brings in does not get these words. */
const OLDER = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });`;

/** Starts a script that stays until it is told to end, with an older Node, in a process group of its own. */
function started(t: TestContext, body: string) {
  const url = (path: string) => JSON.stringify(pathToFileURL(join(ROOT, path)).href);
  const root = directoryWith(t, {
    'script.mjs': `
      import ${url('lib/index.mjs')};
      import { interruption } from ${url('lib/commands/interruption.ts')};
      setInterval(() => {}, 1000);
      ${body}
      console.log('process ' + process.pid);`,
  });
  const words = ['--import', `data:text/javascript,${OLDER}`, join(root, 'script.mjs')];
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const ended = once(child, 'close').then(() => child.exitCode);
  t.after(() => {
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
  });
  return {
    child,
    ended,
    said: () => said,
    saying: (words: RegExp) => eventually(`${words}`, async () => words.exec(said)),
  };
}

const ENDS_IN_ORDER = `
  const signal = interruption({ err: (text) => console.log(text.trim()) });
  signal.addEventListener('abort', () => setTimeout(() => process.exit(42), 2500));`;

describe('a script that an older Node brings another in for', () => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`is told of ${name} and waited for`, async (t) => {
      const { child, ended, said, saying } = started(t, ENDS_IN_ORDER);
      const pid = (await saying(/(?<=^process )\d+$/m))?.[0];
      assert.notEqual(Number(pid), child.pid);
      child.kill(name);
      assert.equal(await ended, 42, said());
      assert.match(said(), /^Ending after the steps in hand/m);
    });
  }

  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    test(`counts ${name} to both of them once, and a second one`, async (t) => {
      const { child, ended, said, saying } = started(t, ENDS_IN_ORDER);
      await saying(/^process /m);
      process.kill(-child.pid!, name);
      await saying(/Ctrl-C again to leave at once/);
      await sleep(1500);
      assert.equal(child.exitCode, null, said());
      process.kill(-child.pid!, name);
      assert.equal(await ended, 130, said());
    });
  }

  test('has its exit status, and that of shells where a signal ended it', async (t) => {
    assert.equal(await started(t, 'process.exit(5);').ended, 5);
    assert.equal(await started(t, `process.kill(process.pid, 'SIGKILL');`).ended, 137);
  });
});

/** What scripts load before they know which Node they are, may take by name from Node: Ubuntu 24.04 has 18.19. */
const IN_NODE_18: Record<string, readonly string[]> = {
  'node:child_process': ['spawn'],
  'node:fs': ['createReadStream', 'existsSync', 'readdirSync', 'readFileSync', 'statSync'],
  'node:module': ['createRequire'],
  'node:os': ['constants'],
  'node:path': ['dirname', 'join'],
  'node:url': ['fileURLToPath'],
};

test('an older Node gets as far as the words that it is one', () => {
  // Started with a newer one only: `make setup` does it.
  const starts = (path: string) => path !== 'lib/bundle-toolkit.mjs';
  const files = ['lib', 'scripts'].flatMap((directory) =>
    readdirSync(join(ROOT, directory)).map((name) => `${directory}/${name}`),
  );
  const loaded = files.filter((path) => path.endsWith('.mjs') && starts(path));
  assert.ok(loaded.length > 15, `${loaded}`);
  for (const path of loaded) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    for (const [, names = '', from = ''] of text.matchAll(
      /^import \{([^}]*)\} from '(node:[^']+)'/gm,
    ))
      for (const name of names.split(',').flatMap((one) => one.trim() || []))
        assert.ok(IN_NODE_18[from]?.includes(name), `${path}: ${name} of ${from}`);
  }
});
