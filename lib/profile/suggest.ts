/**
 * The name that was probably meant, or `undefined` when nothing is close: the only one that has every word of what was
 * given, else the fewest single-letter edits (a swap of neighbours is one), at most a third of the letters.
 */
export function suggest(given: string, names: readonly string[]): string | undefined {
  if (given.length > 64) return undefined;
  const words = wordsOf(given);
  const having = (wanted: readonly string[]) =>
    names.filter((name) => wanted.every((word) => wordsOf(name).includes(word)));
  // Not every list of hosts says in its name that it is one.
  const withoutHost = words.filter((word) => word !== 'host');
  const alike = [having(words), having(withoutHost)].find((found) => found.length > 0) ?? names;
  if (alike !== names && alike.length === 1) return alike[0];
  const ranked = alike
    .map((name) => ({ name, distance: distance(simple(given), simple(name)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(given.length / 3)) ? best.name : undefined;
}

/** The words of a name, without plurals. */
function wordsOf(name: string): string[] {
  return simple(name)
    .split('_')
    .map((word) => word.replace(/s$/, ''));
}

function simple(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replace, swap, last[j]! + 1, row[j - 1]! + 1));
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
