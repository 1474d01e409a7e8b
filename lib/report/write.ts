import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportDirectory } from './place.ts';
import { type ReportInput, reportMarkdown } from './report.ts';

/**
 * Writes `reports/<deployment>/report.md`, 0600 in a directory of 0700, in one step: there is the old report or the
 * new one, never half.
 * @returns the path
 */
export function writeReport(input: Omit<ReportInput, 'now'> & { now?: Date }): string {
  const directory = reportDirectory(input.deployment);
  const markdown = reportMarkdown({ ...input, now: input.now ?? new Date() });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const path = join(directory, 'report.md');
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, markdown, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
  return path;
}
