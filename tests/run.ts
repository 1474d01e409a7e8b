// Runs test files: `node tests/run.ts AT_ONCE PATTERN…`, as `make test-unit` and its like do. With AGAIN=1 in the environment,
// files that fail run once more, one at a time: tests on container hosts have time limits, which a machine that is busy with
// something else can miss. What fails twice has failed, and either run prints what did.
// What Node compiles is kept, as the scripts keep it: tests start it some thousand times.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from './fleet/cache.ts';

const [atOnce = '1', ...patterns] = process.argv.slice(2);
const failedFiles = cachePath('failed', `${process.pid}`);

/** Runs files with Node's test runner; returns those that failed, and whether anything did. */
async function run(
  concurrency: string,
  files: string[],
): Promise<{ ok: boolean; failed: string[] }> {
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    `--test-reporter=${join(import.meta.dirname, 'failed-files.ts')}`,
    `--test-reporter-destination=${failedFiles}`,
  ];
  const words = ['--test', `--test-concurrency=${concurrency}`, ...reporters];
  const env = { ...process.env, NODE_COMPILE_CACHE: cachePath('compiled') };
  const child = spawn(process.execPath, [...words, ...files], { stdio: 'inherit', env });
  const status = await new Promise((resolve) => child.once('close', resolve));
  const failed = readFileSync(failedFiles, 'utf8').split('\n').filter(Boolean);
  rmSync(failedFiles);
  return { ok: status === 0, failed };
}

let { ok, failed } = await run(atOnce, patterns);
if (!ok && failed.length > 0 && process.env.AGAIN === '1') {
  console.log(`\nOnce more, one at a time: ${failed.join(' ')}\n`);
  ({ ok } = await run('1', failed));
}
process.exitCode = ok ? 0 : 1;
