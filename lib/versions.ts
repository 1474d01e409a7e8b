/**
 * Compares versions number by number, so that 8.10 is newer than 8.2. What is missing counts as 0, what follows the
 * numbers (`-rc1`, `~deb13`) does not count.
 * @returns below 0 when `a` is older, 0 when they are equal, above 0 when `a` is newer
 * @throws Error when one of them does not begin with a number
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  const numbers = /^v?(\d+(?:\.\d+)*)/.exec(version.trim())?.[1];
  if (numbers === undefined) throw new Error(`"${version}" is not a version`);
  return numbers.split('.').map(Number);
}
