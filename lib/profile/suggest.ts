/**
 * The word that was probably meant, or `undefined` when nothing is close: the fewest single-letter edits
 * (a swap of neighbours is one), at most a third of the letters.
 */
export function suggest(given: string, words: readonly string[]): string | undefined {
  if (given.length > 64) return undefined;
  const simple = (text: string) => text.toLowerCase().replaceAll('-', '_');
  const ranked = words
    .map((word) => ({ word, distance: distance(simple(given), simple(word)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(given.length / 3)) ? best.word : undefined;
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
