import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The directory of this checkout. No other source asks where it is, since all may be loaded as one file (bundled-toolkit.mjs). */
export const ROOT = join(import.meta.dirname, '..');

/** The text of a file of this checkout, such as `lib/run/prelude.bash`. */
export function ownText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
