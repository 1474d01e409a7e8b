import { jsonLine } from '../bare.ts';
import { type Finding, REACHABLE, type VerdictName } from './check.ts';

/** How many findings there are of each verdict. */
export interface Counts extends Record<VerdictName, number> {
  /** How many of the failures are critical. */
  critical: number;
}

/** What findings say of the deployment as a whole. */
export type Answer = 'ready' | 'not ready' | 'could not tell';

/** The least bad verdict that makes a deployment not ready. */
export type FailOn = 'fail' | 'warn';

/** How findings are shown to a person. */
export interface FindingsStyle {
  colour: boolean;
  /** Shows the evidence of what passed as well, and the time that each check took. */
  verbose: boolean;
  /** Columns; 80 where absent. */
  width?: number;
}

const COLOURS: Record<VerdictName, number> = { pass: 32, warn: 33, fail: 31, skip: 35 };

const VERDICT_OF: Record<Answer, VerdictName> = {
  ready: 'pass',
  'not ready': 'fail',
  'could not tell': 'skip',
};

/**
 * The findings of one host, what is worst first, with evidence and fix where there is something to do, once for all that
 * have the same; a fix stands where it is named first. An exclamation mark tells that it is critical. Ends with a newline.
 */
export function hostTable(
  host: string,
  findings: readonly Finding[],
  style: FindingsStyle,
): string {
  const width = style.width ?? 80;
  const idWidth = Math.min(32, Math.max(...findings.map(({ id }) => id.length)));
  const titleLines = ({ verdict, severity, id, title, duration_ms }: Finding) => {
    const word = paint(verdict.toUpperCase(), COLOURS[verdict], style.colour);
    const mark = verdict !== 'pass' && severity === 'critical' ? '!' : ' ';
    const indent = ' '.repeat(8 + idWidth + 2);
    const took = style.verbose ? ` (${seconds(duration_ms)})` : '';
    const room = width - indent.length;
    const told = wrap(broken(title + took, room), room);
    const head = `  ${word}${mark} ${id.padEnd(idWidth)}`;
    // Beside an id that is longer than its column there is hardly any room.
    if (id.length > idWidth) return [head, ...told.map((line) => indent + line)];
    const [first = '', ...rest] = told;
    return [`${head}  ${first}`, ...rest.map((line) => indent + line)];
  };
  const ofOneCause = Map.groupBy(findings.toSorted(worstFirst), ({ verdict, id, evidence, fix }) =>
    verdict === 'pass' ? id : [verdict, evidence, fix].join('\0'),
  );
  const namedAt = new Map<string, string>();
  const rows = [...ofOneCause.values()].flatMap((alike) => {
    const { verdict, id, evidence, fix } = alike[0]!;
    const shown = verdict === 'pass' && !style.verbose ? '' : evidence;
    const before = fix && namedAt.get(fix);
    namedAt.set(fix, before ?? id);
    return [
      ...alike.flatMap(titleLines),
      ...wrap(broken(shown, width - 8), width - 8).map((line) => `        ${line}`),
      ...fixLines(before ? `that of ${before}, above` : fix, width - 8).map(
        (line) => `        ${line}`,
      ),
    ];
  });
  return `${host}\n${rows.join('\n')}\n`;
}

/** Where a command begins in a fix. */
const COMMAND =
  /(?:^|\s)(?:scripts\/\S+\.mjs|ssh -F|sudo -n|docker|chmod|systemctl|journalctl|du)\s/;

/** Each command of a fix on a line of its own, to be copied from there: a line that is broken within one says so. */
function fixLines(fix: string, width: number): string[] {
  const lines = fix.split('; ').flatMap((part) => {
    let isCommand = false;
    return wrap(part, width - 7, '  ').map((line, index, all) => {
      isCommand ||= COMMAND.test(`${line} `);
      return isCommand && index < all.length - 1 ? `${line} \\` : line;
    });
  });
  return lines.map((line, index) => (index === 0 ? `fix: ${line}` : `     ${line}`));
}

/** Whether no host could be logged in to, so that nothing is known of what runs there. */
function nobodyReached(findings: readonly Finding[]): boolean {
  const isLost = ({ id, verdict }: Finding) => id === REACHABLE.id && verdict === 'fail';
  return findings.some(isLost) && findings.every((one) => isLost(one) || one.host === 'fleet');
}

/** Whether the deployment is ready. What answers nothing but "skipped", or not at all, has not said so. */
export function answerOf(findings: readonly Finding[], failOn: FailOn = 'fail'): Answer {
  if (nobodyReached(findings)) return 'could not tell';
  const has = (...verdicts: VerdictName[]) =>
    findings.some(({ verdict }) => verdicts.includes(verdict));
  if (has('fail') || (failOn === 'warn' && has('warn'))) return 'not ready';
  return has('pass', 'warn') ? 'ready' : 'could not tell';
}

/** The last line: how many of each, how long it took, and whether the deployment is ready. */
export function summaryLine(
  answer: Answer,
  counts: Counts,
  milliseconds: number,
  colour: boolean,
): string {
  const parts = (['pass', 'warn', 'fail', 'skip'] as const).map((verdict) => {
    const critical = verdict === 'fail' && counts.critical > 0;
    return `${counts[verdict]} ${verdict}${critical ? ` (${counts.critical} critical)` : ''}`;
  });
  const words = answer === 'ready' && counts.skip > 0 ? 'ready, as far as could be told' : answer;
  const told = paint(words, COLOURS[VERDICT_OF[answer]], colour);
  return `${parts.join(', ')} in ${(milliseconds / 1000).toFixed(1)} s: ${told}\n`;
}

/** A finding as one line of `--json`. */
export function findingLine(finding: Finding): string {
  const { id, host, group, severity, verdict, title, evidence, fix, duration_ms } = finding;
  const about = { type: 'finding', id, host, group, severity };
  return jsonLine({ ...about, verdict, title, evidence, fix, duration_ms });
}

/** The last line of `--json`. */
export function summaryJson(answer: Answer, counts: Counts, milliseconds: number): string {
  return `${JSON.stringify({ type: 'summary', ...counts, answer, duration_ms: milliseconds })}\n`;
}

/** How long something took, for people. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Counts findings by verdict. */
export function countOf(findings: readonly Finding[]): Counts {
  const counts: Counts = { pass: 0, warn: 0, fail: 0, skip: 0, critical: 0 };
  for (const { verdict, severity } of findings) {
    counts[verdict]++;
    if (verdict === 'fail' && severity === 'critical') counts.critical++;
  }
  return counts;
}

const WORST_FIRST: readonly VerdictName[] = ['fail', 'warn', 'skip', 'pass'];

/** Orders findings for people: failures, warnings, what could not be told, the rest; of each, what is critical first. */
export function worstFirst(a: Finding, b: Finding): number {
  const byVerdict = WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict);
  if (byVerdict !== 0 || a.verdict === 'pass') return byVerdict;
  return Number(b.severity === 'critical') - Number(a.severity === 'critical');
}

function paint(text: string, code: number, colour: boolean): string {
  return colour ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** The text with spaces in words that are longer than so many columns, such as an image with its digest. */
function broken(text: string, width: number): string {
  return text.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'g'), '$& ');
}

/** Breaks text at spaces into lines of at most that many columns; a longer word is not broken: it may be a command. */
function wrap(text: string, width: number, indent = ''): string[] {
  if (text === '') return [];
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(indent + word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
