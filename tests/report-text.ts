import type { ReportInput } from '../lib/report/input.ts';
import { reportMarkdown } from '../lib/report/report.ts';

/** The report without its links to the glossary, which move with the first use of a word. */
export function reportText(input: ReportInput): string {
  return withoutGlossary(reportMarkdown(input));
}

/** The same of a report that was written already. */
export function withoutGlossary(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\[[a-z-]+\]/g, '$1');
}
