const LINES = 60;
const CHARACTERS = 500;

/** The end of what a step printed, short enough for a terminal: at most 60 lines of at most 500 characters. */
export function excerpt(output: string): string {
  const all = output.trimEnd().split('\n');
  const shown = all
    .slice(-LINES)
    // Of a line that was drawn over, as progress is, the last drawing counts.
    .map((line) => line.replace(/\r+$/, '').split('\r').at(-1) ?? '')
    .map((line) =>
      line.length > CHARACTERS
        ? `${line.slice(0, CHARACTERS)} … (${line.length - CHARACTERS} more)`
        : line,
    );
  const left = all.length - shown.length;
  return [...(left > 0 ? [`… (${left} lines before)`] : []), ...shown].join('\n');
}
