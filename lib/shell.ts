/** Shell text made of literals from our code and of values that were quoted; nothing else can become shell. */
export class Shell {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a `${…}` of {@link sh}: a list becomes one word per item, a Shell is inserted as it is. */
export type ShellValue = string | number | Shell | readonly (string | number)[];

/**
 * Writes shell with every interpolated value quoted, so that a value can never become code.
 * The indentation of the first line is removed from every line of the template's own text.
 * @throws TypeError for a value that is not a string, number, list or Shell, or that contains a NUL byte.
 */
export function sh(strings: TemplateStringsArray, ...values: ShellValue[]): Shell {
  const indent = /^\n([ \t]+)/.exec(strings.raw[0] ?? '')?.[1] ?? '';
  const literals = strings.raw.map((literal) =>
    literal.replaceAll(`\n${indent}`, '\n').replaceAll('\\`', '`').replaceAll('\\${', '${'),
  );
  const text = literals
    .map((literal, index) => literal + (index < values.length ? render(values[index]) : ''))
    .join('');
  return new Shell(text.replace(/^\n/, '').replace(/\n[ \t]*$/, ''));
}

/** Joins pieces of shell, one per line. */
export function lines(...pieces: Shell[]): Shell {
  return new Shell(pieces.map((piece) => piece.text).join('\n'));
}

/**
 * Quotes one value for any POSIX shell: single quotes only, because `$'…'` is bash's own and dash prints it literally.
 * @throws TypeError when the value contains a NUL byte, which no argument or variable can carry.
 */
export function quote(value: string): string {
  if (value.includes('\0')) throw new TypeError('a NUL byte cannot be passed to a shell');
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(value)) return value;
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function render(value: unknown): string {
  if (value instanceof Shell) return value.text;
  if (Array.isArray(value)) return value.map(render).join(' ');
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'string') return quote(value);
  throw new TypeError(
    `a value of type ${value === null ? 'null' : typeof value} cannot be written into shell`,
  );
}
