import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import type { Finding } from '../validation/check.ts';
import { type Answer, answerOf, countOf, worstFirst } from '../validation/findings.ts';
import { changes, remember } from './history.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, commands, list, plain, table } from './markdown.ts';

const WORDS: Record<Answer, string> = {
  ready: 'Ready.',
  'not ready': 'Not ready.',
  'could not tell': 'It could not be told.',
};

/** Whether the deployment is ready, and what to do where it is not. */
export function summary(input: ReportInput): string {
  const { deployment, findings } = input;
  const heading = '## Is it ready?';
  if (findings === undefined) {
    const profile = quote(shortPath(deployment.profilePath ?? ''));
    return blocks(
      heading,
      '**Not validated.** This report was written without asking the hosts. To ask them and write it again:',
      commands(`scripts/report.mjs --profile ${profile} --validate`),
      sinceLast(input),
    );
  }
  const { pass, warn, fail, skip } = countOf(findings);
  const { since } = remember(input);
  const open = findings.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  return blocks(
    heading,
    `**${WORDS[answerOf(findings)]}** ${pass} passed, ${warn} warned, ${fail} failed, ${skip} skipped. So since ${code(since ?? '')}, as far as reports tell.`,
    open.length === 0
      ? ''
      : table(
          ['Verdict', 'Severity', 'Host', 'Check', 'Seen', 'What to do'],
          open.toSorted(worstFirst).map(row),
        ),
    skip === 0
      ? ''
      : `Skipped, so neither good nor bad:\n\n${table(
          ['Host', 'Check', 'Why'],
          findings
            .filter(({ verdict }) => verdict === 'skip')
            .map(({ host, title, evidence }) => [code(host), plain(title), code(evidence)]),
        )}`,
    sinceLast(input),
  );
}

function sinceLast(input: ReportInput): string {
  if (!input.previous) return '';
  const lines = changes(input);
  const when = code(input.previous.written);
  if (lines.length === 0) return `Nothing has changed since the report of ${when}.`;
  return blocks(`Changed since the report of ${when}:`, list(lines.map(plain)));
}

function row({ verdict, severity, host, title, evidence, fix }: Finding): string[] {
  return [verdict, severity, code(host), plain(title), code(evidence), code(fix)];
}
