import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import type { Finding } from '../validation/check.ts';
import { type Answer, answerOf, countOf, worstFirst } from '../validation/findings.ts';
import { changes, remember } from './history.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, commands, list, plain, table } from './markdown.ts';
import { script } from './place.ts';

const WORDS: Record<Answer, string> = {
  ready: 'Ready.',
  'not ready': 'Not ready.',
  'could not tell': 'It could not be told.',
};

const SINCE: Record<Answer, string> = {
  ready: 'Ready since',
  'not ready': 'Not ready since',
  'could not tell': 'It could not be told since',
};

/** Whether the deployment is ready, and what to do where it is not. */
export function summary(input: ReportInput): string {
  const { deployment, findings } = input;
  const heading = '## Is it ready?';
  if (findings === undefined) {
    const { profilePath } = deployment;
    return blocks(
      heading,
      '**Not validated.** This report was written without asking the hosts.',
      profilePath !== undefined &&
        `To ask them and write it again:\n\n${commands(
          `${script('report')} --profile ${quote(shortPath(profilePath))} --validate`,
        )}`,
      lastAnswer(input),
      sinceLast(input),
    );
  }
  const { pass, warn, fail, skip } = countOf(findings);
  const { since } = remember(input);
  const open = findings.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  return blocks(
    heading,
    `**${WORDS[answerOf(findings)]}** ${pass} passed, ${warn} warned, ${fail} failed, ${skip} skipped. ${SINCE[answerOf(findings)]} ${code(since ?? '')}, as far as reports tell.`,
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

/** What the last validation said, where this report had none. */
function lastAnswer({ previous }: ReportInput): string {
  if (previous?.answer === undefined || previous.running === undefined) return '';
  const { answer, since = '', running } = previous;
  return `When the hosts were asked last, at ${code(running.seen)}: **${WORDS[answer]}** ${SINCE[answer]} ${code(since)}, as far as reports tell.`;
}

function sinceLast(input: ReportInput): string {
  if (!input.previous) return '';
  const lines = changes(input);
  const when = code(input.previous.written);
  if (lines.length === 0) return `Nothing has changed since the report of ${when}.`;
  return blocks(`Changed since the report of ${when}:`, list(lines.map(plain)));
}

function row({ verdict, severity, host, title, evidence, fix }: Finding): string[] {
  return [verdict, severity, code(host), plain(title), code(evidence), toDo(fix)];
}

/** A command of this project, with its options: what follows them is words again. */
const SCRIPT =
  /scripts\/[a-z-]+\.mjs(?: --[a-z-]+(?: (?:'[^']*'|[^\s'-](?:[^\s']*[^\s',;:.])?))?)*/;

/** Any other command: alone, or behind a colon, to the end. */
const COMMAND = /(?<=^|: )(?:ssh -F|sudo -n|docker|chmod|systemctl|du|ss) .+$/;

/** What mends it, part by part: only a command is code, since beside code is the button that copies it. */
function toDo(fix: string): string {
  // A semicolon within quotes belongs to a command.
  const parts = fix.split(/; (?=(?:[^']*'[^']*')*[^']*$)/);
  return parts.map(commandAsCode).join('<br>') || '—';
}

function commandAsCode(part: string): string {
  const found = COMMAND.exec(part) ?? SCRIPT.exec(part);
  if (!found) return plain(part);
  const [command] = found;
  const [before, after] = [part.slice(0, found.index), part.slice(found.index + command.length)];
  const spaced = [before.endsWith(' ') ? ' ' : '', after.startsWith(' ') ? ' ' : ''];
  const pasted = command.replace(/^scripts\/([a-z-]+)\.mjs/, (_, name: string) => script(name));
  return plain(before) + spaced[0] + code(pasted) + spaced[1] + plain(after);
}
