import { relative } from 'node:path';

/** A path as it is shortest to type: relative to the working directory when it is inside, else absolute. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
