import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Absolute path of a file below the project's git-ignored `.cache/`, whose directory is created. */
export function cachePath(...names: string[]): string {
  const path = resolve(import.meta.dirname, '../../.cache', ...names);
  mkdirSync(join(path, '..'), { recursive: true });
  return path;
}
