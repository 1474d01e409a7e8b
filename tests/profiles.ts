import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './lab/paths.ts';

/** The profiles that this project ships, by file name without `.yaml`. */
export const PROFILES = readdirSync(join(ROOT, 'profiles'))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

/** What an operator would put in place of each placeholder, in brackets in the shipped profiles. */
const FILLED: [placeholder: RegExp, value: (count: number) => string][] = [
  [/<user@address>/g, (count) => `root@192.0.2.${count}`],
  [/<IP address>/g, (count) => `10.0.0.${count}`],
  [/<you@your-domain\.net>/g, () => 'me@nodes.net'],
  [/<pokt1…[^>]*>/g, () => 'pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y'],
  [/<\.\.\/deployments\/my-node\/supplier-keys\.yaml>/g, () => 'supplier-keys.yaml'],
  [/<http:\/\/your-ethereum-node:8545>/g, () => 'http://ethereum.nodes.net:8545'],
  [/<cloudflare>/g, () => 'cloudflare'],
  [/<file:dns-token\.txt>/g, () => 'cmd:echo dns-token-of-the-test'],
  [/<registry\.your-domain\.net\/[^>]*>/g, () => 'registry.nodes.net/caddy-cloudflare:2.11.4'],
  [/<([a-z]+)\.your-domain\.net>/g, () => '$1.nodes.net'],
];

/**
 * A copy of the shipped profiles with their placeholders filled in, in a directory that the caller removes; what one
 * extends is copied beside it.
 */
export function filledProfiles(): {
  directory: string;
  path(name: string): string;
  remove(): void;
} {
  const directory = mkdtempSync(join(tmpdir(), 'pocket-profiles-'));
  let count = 0;
  for (const name of PROFILES) {
    let text = readFileSync(join(ROOT, 'profiles', `${name}.yaml`), 'utf8');
    for (const [placeholder, value] of FILLED) {
      text = text.replace(placeholder, (found) => found.replace(placeholder, value(++count)));
    }
    writeFileSync(join(directory, `${name}.yaml`), text);
  }
  return {
    directory,
    path: (name) => join(directory, `${name}.yaml`),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
