import minimist from 'minimist';
import { EXIT, UserError } from '../exit-codes.ts';
import { suggest } from '../profile/suggest.ts';

/** One option of a script: this table feeds parsing, `--help`, and the reference in the docs. */
export interface Option {
  /** What stands for the value in `--help`, such as `FILE`; absent for a flag that is just on or off. */
  value?: string;
  /** What it does, in a sentence without a full stop at the end. */
  help: string;
}

/** The options of a script by their long name, without the dashes. */
export type Options = Record<string, Option>;

/** What was given: the text of an option with a value, true for a flag. */
export type Given<Table extends Options> = {
  [Name in keyof Table]?: Table[Name] extends { value: string } ? string : true;
};

/**
 * Parses arguments against a table. Values stay text as typed, and nothing that is not in the table is accepted
 * (minimist alone turns `1.0` into 1, takes any flag, its denial and a value for it, and leaves out what is after `--`).
 * @throws UserError with exit code 2 that names every mistake, with a suggestion for a misspelt option.
 */
export function parseOptions<Table extends Options>(
  table: Table,
  words: readonly string[],
): Given<Table> {
  const names = Object.keys(table);
  const flags = names.filter((name) => table[name]?.value === undefined);
  const problems: string[] = [];
  const unknown = (word: string) => {
    const option = word.replace(/=.*/s, '');
    const near = suggest(option.replace(/^-+/, ''), names);
    problems.push(`unknown option ${option}${near ? `, did you mean --${near}?` : ''}`);
  };
  const known = words.filter((word, index) => {
    const name = word.replace(/^--/, '').replace(/=.*/s, '');
    const before = words[index - 1]?.replace(/^--/, '') ?? '';
    const long = word.startsWith('--');
    const valued = long && word.includes('=') && flags.includes(name);
    const follows = /^(?:true|false)$/.test(word) && flags.includes(before);
    if (long && !names.includes(name)) unknown(word);
    else if (valued || follows) problems.push(`--${valued ? name : before} takes no value`);
    else return true;
    return false;
  });
  const given = minimist(known, {
    string: names.filter((name) => !flags.includes(name)),
    boolean: flags,
    unknown: (word) => {
      if (word.startsWith('-')) unknown(word);
      else problems.push(`"${word}" is not an option; options begin with --`);
      return false;
    },
  });
  const result: Record<string, string | true> = {};
  for (const name of names) {
    const value: unknown = given[name];
    if (flags.includes(name)) {
      if (value === true) result[name] = true;
    } else if (Array.isArray(value)) problems.push(`--${name} is given ${value.length} times`);
    else if (value === '')
      problems.push(`--${name} needs a value: --${name} ${table[name]?.value}`);
    else if (typeof value === 'string') result[name] = value;
  }
  if (problems.length > 0) {
    throw new UserError(`${problems.join('\n')}\nSee --help for every option.`, EXIT.usage);
  }
  return result as Given<Table>;
}

/** The text of `--help`: what the script does, its options, examples first. */
export function helpText(
  script: string,
  summary: string,
  table: Options,
  examples: readonly string[],
): string {
  const left = ([name, { value }]: [string, Option]) => `--${name}${value ? ` ${value}` : ''}`;
  const width = Math.max(...Object.entries(table).map((entry) => left(entry).length));
  return [
    summary,
    '',
    'Examples:',
    ...examples.map((example) => `  ${script} ${example}`.trimEnd()),
    '',
    'Options:',
    ...Object.entries(table).map((entry) => `  ${left(entry).padEnd(width)}  ${entry[1].help}`),
    '',
  ].join('\n');
}
