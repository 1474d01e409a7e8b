/** A command line that the real tool would refuse, with the status it would exit with. */
export class UsageError extends Error {
  readonly status: number;
  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** Words that are not flags, and the flags with their values ('true' for one without a value). */
export interface Arguments {
  words: string[];
  flags: Record<string, string>;
}

/** Long flag name to whether it takes a value. */
export type FlagTable = Record<string, 'value' | 'switch'>;

/**
 * Parses `--flag value`, `--flag=value` and the given one-letter aliases. `unknown` makes the error
 * for a flag that is not in the table; a flag without its value is an error as well.
 */
export function parseArguments(
  argv: string[],
  table: FlagTable,
  aliases: Record<string, string>,
  unknown: (flag: string) => UsageError,
): Arguments {
  const words: string[] = [];
  const flags: Record<string, string> = {};
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] as string;
    if (!argument.startsWith('-')) {
      words.push(argument);
      continue;
    }
    const [, dashes, given, inline] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(
      argument,
    ) as unknown as string[];
    const name = dashes === '-' ? (aliases[given as string] ?? '') : (given as string);
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (kind === undefined) throw unknown(argument);
    if (kind === 'switch') {
      flags[name] = inline ?? 'true';
      continue;
    }
    const value = inline ?? argv[++index];
    if (value === undefined) throw new UsageError(`flag needs an argument: ${argument}`);
    flags[name] = value;
  }
  return { words, flags };
}

/** Seconds of a Go duration such as 72h, 30m, 1h30m or 2d (the CLI adds days). Throws UsageError. */
export function parseDuration(value: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(value)) {
    throw new UsageError(`invalid argument "${value}": time: invalid duration "${value}"`);
  }
  return [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (units[unit as string] as number),
    0,
  );
}
