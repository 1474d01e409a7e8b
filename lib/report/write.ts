import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportHtml } from './html.ts';
import { reportDirectory } from './place.ts';
import { type ReportInput, reportMarkdown } from './report.ts';

/**
 * Writes `reports/<deployment>/report.md` and `report.html`, 0600 in a directory of 0700, each in one step: there is the
 * old report or the new one, never half.
 * @returns their paths
 */
export function writeReport(input: Omit<ReportInput, 'now'> & { now?: Date }): string[] {
  const directory = reportDirectory(input.deployment);
  const whole = { ...input, now: input.now ?? new Date() };
  const texts = { 'report.md': reportMarkdown(whole), 'report.html': reportHtml(whole) };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  return Object.entries(texts).map(([name, text]) => {
    const path = join(directory, name);
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
    return path;
  });
}
