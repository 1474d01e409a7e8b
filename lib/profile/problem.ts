/** One thing that is wrong with a profile, located. */
export interface Problem {
  /** The file as the operator named it; absent when the profile was built from flags. */
  file?: string;
  /** The line, and the column below, counted from 1; absent when the file as a whole is the problem. */
  line?: number;
  column?: number;
  /** What stands for its place where it was given, or is missing, on the command line of a role's script. */
  typed?: string;
  /** Where in the profile: keys and list positions. */
  path: readonly (string | number)[];
  /** The offending value, as it may be shown; absent when there is none or when it may be a secret. */
  value?: string;
  /** What is wrong, or what was expected instead. */
  expected: string;
  suggestion?: string;
}

const MOST_SHOWN = 50;
const LONGEST_LINE = 1000;

/** A profile that cannot be used: carries all its problems, and its message lists the first 50. Exit code 2. */
export class ProfileError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const shown = problems.slice(0, MOST_SHOWN).map(formatProblem);
    const more = problems.length - shown.length;
    super([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
    this.name = 'ProfileError';
    this.problems = problems;
  }
}

/** A problem on one line: `file:line:column path: value, expected …, did you mean …?`, `file: …` or `--flag: …`. */
export function formatProblem(problem: Problem): string {
  const path = pathText(problem.path);
  const { file, line, column } = problem;
  const position = line === undefined ? `${file}:` : `${file}:${line}:${column}`;
  const place =
    file === undefined
      ? `${problem.typed ?? flagOf(problem.path)}:`
      : `${position} ${path ? `${path}:` : ''}`.trimEnd();
  const what = [problem.value, problem.expected].filter((part) => part !== undefined).join(', ');
  const hint = problem.suggestion === undefined ? '' : `, did you mean "${problem.suggestion}"?`;
  const text = oneLine(`${place} ${what}${hint}`);
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
}

/** A path as problems show it: `relayminer.services.eth.backends.jsonrpc.urls[1]`. */
export function pathText(path: Problem['path']): string {
  return path.reduce<string>(
    (text, key) =>
      text + (typeof key === 'number' ? `[${key}]` : `${text && '.'}${named(key.slice(0, 60))}`),
    '',
  );
}

/** A key as it stands in a path; in quotes where it would not be seen, or be taken for several words. */
function named(key: string): string {
  return /\s/.test(key) || key === '' ? JSON.stringify(key) : key;
}

/**
 * The flag behind a value of a profile that was built from flags: its path in kebab case, list positions left out;
 * everything about hosts is `--host`.
 */
export function flagOf(path: readonly (string | number)[]): string {
  if (path[0] === 'hosts' || path.length === 0) return '--host';
  const words = path.filter((key) => typeof key === 'string');
  return `--${words.join('-').replaceAll('_', '-')}`;
}

/** A value as a problem may show it: on one line, short, in quotes when it is text. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  // The path of a URL may hold an API key, and its front a password.
  const text = String(value)
    .replace(/:\/\/[^/?#]*@/, '://***@')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)[/?#].+/is, '$1/…');
  const short = oneLine(text.length > 60 ? `${text.slice(0, 57)}…` : text);
  return typeof value === 'string' ? `"${short}"` : short;
}

/** Without what could steer a terminal or turn the order of letters round. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g, '?');
}
