import type { Result } from './cases.ts';
import { type Summary, summary } from './measure.ts';

/** What a case came to, in milliseconds, and in megabytes where memory was measured. */
export interface Row {
  case: string;
  contender: string;
  milliseconds: Summary;
  /** How many times as long as ours it takes, by medians. */
  ratio: number;
  residentMegabytes?: Summary;
}

/** One row for each contender of a case. The first contender is the one that the others are compared with. */
export function rowsOf({ name, runs }: Result): Row[] {
  const entries = Object.entries(runs).filter(([, ofOne]) => ofOne.length > 0);
  const first = summary((entries[0]?.[1] ?? []).map(({ milliseconds }) => milliseconds));
  return entries.map(([contender, ofOne]) => {
    const milliseconds = summary(ofOne.map((run) => run.milliseconds));
    const memory = ofOne.flatMap(({ residentMegabytes }) => residentMegabytes ?? []);
    return {
      ...{ case: name, contender, milliseconds, ratio: milliseconds.median / first.median },
      ...(memory.length > 0 && { residentMegabytes: summary(memory) }),
    };
  });
}

/** Rows as a Markdown table. */
export function tableOf(rows: readonly Row[]): string {
  const head =
    '| case | who | median | least – most | runs | × the first | memory |\n|---|---|--:|--:|--:|--:|--:|\n';
  const lines = rows.map((row) => {
    const { median, least, most, runs } = row.milliseconds;
    const memory = row.residentMegabytes ? `${row.residentMegabytes.most.toFixed(0)} MB` : '';
    return `| ${row.case} | ${row.contender} | ${time(median)} | ${time(least)} – ${time(most)} | ${runs} | ${row.ratio.toFixed(2)} | ${memory} |\n`;
  });
  return head + lines.join('');
}

function time(milliseconds: number): string {
  return milliseconds < 10_000
    ? `${milliseconds.toFixed(0)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`;
}
