import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lab/paths.ts';

const PROGRAM = join(ROOT, '.cache', 'prometheus', 'promtool');

/** Why tests that need promtool cannot run, or false. */
export const skipReason: string | false = existsSync(PROGRAM)
  ? false
  : 'no promtool: run tests/monitoring/fetch-promtool.sh';

/** Runs promtool; its status, and everything that it said. */
export function promtool(...words: string[]): { status: number | null; output: string } {
  const run = spawnSync(PROGRAM, words, { encoding: 'utf8', timeout: 60_000 });
  return { status: run.status, output: `${run.stdout}${run.stderr}` };
}
