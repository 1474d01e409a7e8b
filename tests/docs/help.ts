import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Options } from '../../lib/commands/options.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Every script that an operator runs, such as `scripts/deploy.mjs`. */
export const SCRIPTS: readonly string[] = readdirSync(`${ROOT}scripts`)
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => `scripts/${name}`)
  .toSorted();

const texts = new Map<string, string>();

/** What a script prints for `--help`. */
export function helpOf(script: string): string {
  const known = texts.get(script);
  if (known !== undefined) return known;
  const text = execFileSync(process.execPath, [script, '--help'], { cwd: ROOT, encoding: 'utf8' });
  texts.set(script, text);
  return text;
}

/** The option table of a script, read back from its `--help`. */
export function optionsOf(script: string): Options {
  const rows = helpOf(script).matchAll(/^ {2}--([a-z0-9-]+)(?: (\S+))? {2,}(.+)$/gm);
  return Object.fromEntries(
    [...rows].map(([, name, value, help]) => [name!, { ...(value && { value }), help: help! }]),
  );
}
