import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { directoryWith } from '../unit/profile/temporary.ts';
import type { Loaded } from './load-worker.ts';
import { SEED } from './random.ts';

const CASES = 5000;
const CPU_LIMIT_MS = 2000;
const HANG_MS = 60_000;

test(`${CASES} broken profiles: never a stack trace, always located, each within 2 seconds`, async (t) => {
  const { loaded, hung } = await loadAll(join(directoryWith(t, {}), 'profiles'));
  const again = (number: number) =>
    `case ${number} of seed ${SEED} (HOSTILE_SEED=${SEED}; its file is ${join(tmpdir(), 'profile-test-*')}/profiles/p.yaml)`;
  assert.equal(hung, undefined, `${again(hung ?? 0)} took more than ${HANG_MS} ms`);
  assert.equal(loaded.length, CASES);
  for (const { number, milliseconds, defect } of loaded) {
    assert.equal(defect, undefined, again(number));
    assert.ok(milliseconds < CPU_LIMIT_MS, `${again(number)} took ${milliseconds} ms`);
  }
  const refused = loaded.filter(({ message }) => message !== undefined);
  const slowest = Math.max(...loaded.map(({ milliseconds }) => milliseconds));
  t.diagnostic(`${refused.length} refused, the slowest in ${slowest} ms of processor time`);
  assert.ok(refused.length > CASES / 2, `only ${refused.length} refused: the test is too gentle`);
  assert.ok(refused.length < CASES, 'every profile was refused: the test is too rough');
});

/** Loads every case in a thread of its own; it is ended when a case says nothing for too long. */
function loadAll(directory: string): Promise<{ loaded: Loaded[]; hung?: number }> {
  const worker = new Worker(new URL('load-worker.ts', import.meta.url), {
    workerData: { seed: SEED, count: CASES, directory },
  });
  const loaded: Loaded[] = [];
  let starting = 0;
  return new Promise((resolve, reject) => {
    const watch = () =>
      setTimeout(() => {
        worker.terminate();
        resolve({ loaded, hung: starting });
      }, HANG_MS);
    let watchdog = watch();
    worker.on('message', (told: Loaded | { starting: number }) => {
      clearTimeout(watchdog);
      watchdog = watch();
      if ('starting' in told) starting = told.starting;
      else loaded.push(told);
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      clearTimeout(watchdog);
      resolve({ loaded });
    });
  });
}
