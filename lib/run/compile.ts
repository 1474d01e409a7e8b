import { EXIT, UserError } from '../exit-codes.ts';
import { ownText } from '../own-files.ts';
import { LOOKS_LIKE_A_SECRET } from '../profile/fields.ts';
import { quote, Shell } from '../shell.ts';
import { DEFAULT_STEP_SECONDS, type Step } from '../step.ts';
import { askFor, type Fact, lineOf } from './facts.ts';

const prelude = ownText('lib/run/prelude.bash');

/** A secret's name, as a shell variable is called, and its value. */
export interface SecretValue {
  name: string;
  value: string;
}

/**
 * The script that brings one host to where its steps want it, without any secret: where one belongs stands a mark,
 * `@{secret:name}`, that is replaced on the host. Nothing runs before the last line has arrived.
 * @throws TypeError when a secret stands anywhere but in a step's content, since shell can end up in process lists.
 */
export function compile(
  title: string,
  steps: readonly Step[],
  secrets: readonly SecretValue[],
): string {
  const body = steps.map((step, index) => compileStep(step, index + 1, steps, secrets)).join('\n');
  const calls = steps.map((step, index) => {
    const after = (step.after ?? []).map((earlier) => steps.indexOf(earlier) + 1);
    return `  step ${[index + 1, step.timeoutSeconds ?? DEFAULT_STEP_SECONDS, quote(step.title), ...after].join(' ')}`;
  });
  const facts = steps.flatMap((step) => factsOf(step, secrets));
  return `#!/usr/bin/env bash
# ${title}
${prelude}
${body}
facts() {
${askFor(facts)}
}
main() {
  begin
  learn
${calls.join('\n')}
  tell end 0 0 0
}
main
`;
}

/** What goes before a script that is sent to a host: its mode, the nonce of its events, the {@link secretsIn} it. */
export function header(options: {
  dryRun: boolean;
  nonce: string;
  secrets: readonly SecretValue[];
}): string {
  const { dryRun, nonce, secrets } = options;
  return [
    `MODE=${dryRun ? 'dry-run' : 'apply'} NONCE=${nonce}`,
    ...secrets.map(({ name, value }) => `${name}=${quote(value)}`),
    `secret_names=${quote(secrets.map(({ name }) => name).join(' '))}`,
    '',
  ].join('\n');
}

/** How other forms of a secret are named, and what they are. */
const FORMS = [
  ['_percent_encoded', 'as it stands in a URL, as encodeURIComponent writes it'],
  ['_escaped', 'with a backslash before each backslash and double quote'],
] as const;

/** What goes before a script that is printed: it asks for the secrets that it writes, and names where they are. */
export function printedHeader(
  script: string,
  secrets: readonly SecretValue[],
  store: string,
): string {
  const used = secretsIn(script, secrets).map(({ name }) => name);
  if (used.length === 0) return '';
  return [
    `# Secrets are not printed. Set these variables before you run this; their values are in ${store},`,
    '# or where the profile says.',
    ...FORMS.filter(([form]) => used.some((name) => name.endsWith(form))).map(
      ([form, meaning]) => `# …${form}: the value ${meaning}.`,
    ),
    ...used.map((name) => `: "\${${name}:?set the secret ${name}}"`),
    `secret_names=${quote(used.join(' '))}`,
    '',
  ].join('\n');
}

/** Puts the mark of each secret where its value stands: the longest first and all at once, so that none is taken apart. */
export function withMarks(text: string, secrets: readonly SecretValue[]): string {
  const longestFirst = [...secrets].sort((a, b) => b.value.length - a.value.length);
  const next = longestFirst.map(({ value }) => text.indexOf(value));
  let marked = '';
  let at = 0;
  // No regular expression: of a secret of 64 KiB there is none.
  for (;;) {
    const found = Math.min(...next.filter((index) => index >= 0));
    if (text.slice(at, found).includes(LOOKS_LIKE_A_SECRET)) {
      throw new UserError(`a value that looks like a mark: ${LOOKS_LIKE_A_SECRET}`, EXIT.usage);
    }
    if (found === Number.POSITIVE_INFINITY) return marked + text.slice(at);
    const { name, value } = longestFirst[next.indexOf(found)] as SecretValue;
    marked += `${text.slice(at, found)}@{secret:${name}}`;
    at = found + value.length;
    for (const [index, secret] of longestFirst.entries()) {
      const before = next[index] ?? -1;
      if (before >= 0 && before < at) next[index] = text.indexOf(secret.value, at);
    }
  }
}

/**
 * The secrets that the script of some steps writes, without making it: of fifty hosts, the texts would be a good part of
 * this process.
 * @throws TypeError as {@link compile} does
 */
export function secretsOf(steps: readonly Step[], secrets: readonly SecretValue[]): SecretValue[] {
  const written = new Set<SecretValue>();
  for (const [index, step] of steps.entries()) {
    refuse(step, steps, secrets);
    if (step.content === undefined) continue;
    const content = contentFunction(step, index + 1, secrets);
    for (const secret of secretsIn(content, secrets)) written.add(secret);
  }
  return secrets.filter((secret) => written.has(secret));
}

/** The secrets whose marks stand in a script: those that it writes. */
export function secretsIn(script: string, secrets: readonly SecretValue[]): SecretValue[] {
  return secrets.filter(({ name }) => script.includes(`@{secret:${name}}`));
}

function compileStep(
  step: Step,
  number: number,
  steps: readonly Step[],
  secrets: readonly SecretValue[],
): string {
  refuse(step, steps, secrets);
  const pieces = [
    `# ${number}. ${step.title.replaceAll('\n', ' ')}`,
    ...(step.content === undefined ? [] : [contentFunction(step, number, secrets)]),
    shellFunction(`known_${number}`, known(factsOf(step, secrets))),
    shellFunction(`check_${number}`, step.check),
    shellFunction(`apply_${number}`, step.apply),
    shellFunction(`diff_${number}`, step.diff ?? new Shell(':')),
  ];
  return `${pieces.join('\n')}\n`;
}

/** Throws TypeError for a step that follows one that is not there, or that has a secret anywhere but in its content. */
function refuse(step: Step, steps: readonly Step[], secrets: readonly SecretValue[]): void {
  for (const earlier of step.after ?? []) {
    if (!steps.includes(earlier))
      throw new TypeError(`${step.title}: follows a step that is not on this host`);
  }
  const facts = factsOf(step, secrets);
  const printing = step.content instanceof Shell ? step.content.text : '';
  const shell = [
    step.title,
    ...facts.filter(({ of }) => of !== 'content').map(lineOf),
    step.check.text,
    step.apply.text,
    step.diff?.text,
    printing,
  ].join('\n');
  const leaked = secrets.find(
    ({ value }) => shell.includes(value) || shell.includes(value.replaceAll("'", `'\\''`)),
  );
  if (leaked) {
    const title = withMarks(step.title, secrets);
    throw new TypeError(`${title}: the secret ${leaked.name} stands in shell, not in content`);
  }
}

/** The facts that a script may show; of text with a secret it shows no hash, since a weak one could be guessed by it. */
export function factsOf({ facts = [] }: Step, secrets: readonly SecretValue[]): Fact[] {
  const tell = (fact: Fact) =>
    fact.of === 'content' && secrets.some(({ value }) => fact.text.includes(value));
  return facts.some(tell) ? [] : facts;
}

/** The step's content as a function: text as a heredoc in which bash expands nothing. */
function contentFunction(step: Step, number: number, secrets: readonly SecretValue[]): string {
  const { content } = step;
  if (content instanceof Shell) return shellFunction(`content_${number}`, content);
  const text = withMarks(content ?? '', secrets);
  if (text.includes('\0')) throw new TypeError(`${step.title}: the content has a NUL byte`);
  if (!text.endsWith('\n'))
    throw new TypeError(`${step.title}: the content must end with a newline`);
  let end = 'END_OF_CONTENT';
  while (text.split('\n').includes(end)) end += '_';
  return `content_${number}() {\n  reveal <<'${end}'\n${text}${end}\n}`;
}

function known(facts: readonly Fact[]): Shell {
  return new Shell(
    facts.length === 0 ? 'false' : `known ${facts.map(lineOf).map(quote).join(' ')}`,
  );
}

function shellFunction(name: string, body: Shell): string {
  return `${name}() {\n${body.text.trim() === '' ? ':' : body.text}\n}`;
}
