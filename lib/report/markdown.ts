/** What one value looks like in Markdown, so that no value can become markup. */

/** A value to read or to type, in a code span that its own backticks cannot end; `—` for an empty one. */
export function code(value: string | number): string {
  const text = oneLine(String(value));
  if (text === '') return '—';
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const pad = /^`|`$/.test(text) ? ' ' : '';
  return fence + pad + text + pad + fence;
}

/** A moment as people and programs read it: UTC, to the second. */
export function moment(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Words that may hold somebody else's text: on one line, without anything that Markdown or HTML would interpret. */
export function plain(words: string): string {
  return oneLine(words).replace(/[\\`*_[\]<>&~]/g, '\\$&');
}

/** A table; every row has as many cells as the heading. Throws RangeError otherwise. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, heading.map(() => '---'), ...rows].map((cells) => {
    if (cells.length !== heading.length) {
      throw new RangeError(`a row of ${cells.length} cells in a table of ${heading.length}`);
    }
    return `| ${cells.map((cell) => oneLine(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return lines.join('\n');
}

/** Commands to paste, as one block that nothing inside can end. */
export function commands(...lines: readonly string[]): string {
  const runs = lines.join('\n').match(/`{3,}/g) ?? [];
  const fence = '`'.repeat(Math.max(2, ...runs.map((run) => run.length)) + 1);
  return [`${fence}sh`, ...lines.map(oneLine), fence].join('\n');
}

/** Items, one a line. */
export function list(items: readonly string[]): string {
  return items.map((item) => `- ${oneLine(item)}`).join('\n');
}

/** Headings, paragraphs, tables and lists, one empty line between them; what is empty or absent is left out. */
export function blocks(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== '').join('\n\n');
}

function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
}
