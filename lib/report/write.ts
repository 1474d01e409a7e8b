import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../replace-file.ts';
import { recall, remember } from './history.ts';
import { reportHtml } from './html.ts';
import { reportDirectory } from './place.ts';
import { type ReportInput, reportMarkdown } from './report.ts';

/** What the next report has to know of this one. */
const HISTORY = 'last.json';

/**
 * Writes `reports/<deployment>/report.md` and `report.html`, 0600 in a directory of 0700, each in one step: there is the
 * old report or the new one, never half.
 * @returns their paths
 */
export function writeReport(
  input: Omit<ReportInput, 'now' | 'previous'> & { now?: Date },
): string[] {
  const directory = reportDirectory(input.deployment);
  const previous = recall(join(directory, HISTORY));
  const whole = { ...input, ...(previous && { previous }), now: input.now ?? new Date() };
  const texts = {
    'report.md': reportMarkdown(whole),
    'report.html': reportHtml(whole),
    [HISTORY]: `${JSON.stringify(remember(whole), null, 2)}\n`,
  };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const paths = Object.entries(texts).map(([name, text]) => {
    const path = join(directory, name);
    replaceFile(path, text);
    return path;
  });
  return paths.filter((path) => !path.endsWith(HISTORY));
}
