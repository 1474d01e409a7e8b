import { readFileSync } from 'node:fs';
import { $ } from 'zx';
import { cachePath } from './cache.ts';

/** Path of the private key (mode 0600) that opens the hosts of a run. */
export function identityFile(run: string): string {
  return cachePath('lab', run, 'id_ed25519');
}

/** Generates the key pair of a run unless it is there, and returns the public key's text. */
export async function runKeys(run: string): Promise<string> {
  const file = identityFile(run);
  const generate = `[ -f "$1.pub" ] || ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1"`;
  await $({ quiet: true })`flock ${file}.lock bash -c ${generate} keys ${file} ${run}`;
  return readFileSync(`${file}.pub`, 'utf8').trim();
}
