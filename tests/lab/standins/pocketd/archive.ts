import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An archive as a release has it: one program called pocketd, here the stand-in. */
export interface PocketdArchive {
  path: string;
  sha256: string;
}

/** Writes `pocket_linux_amd64.tar.gz` of a version such as `0.1.35` into a directory. */
export function pocketdArchive(directory: string, version: string): PocketdArchive {
  const staging = mkdtempSync(join(tmpdir(), 'pocketd-'));
  try {
    const source = readFileSync(join(import.meta.dirname, 'pocketd.sh'), 'utf8');
    const program = source.replace('@version@', version);
    writeFileSync(join(staging, 'pocketd'), program, { mode: 0o755 });
    const path = join(directory, `pocketd-${version}.tar.gz`);
    execFileSync('tar', ['-czf', path, '-C', staging, 'pocketd']);
    return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
  } finally {
    rmSync(staging, { recursive: true });
  }
}
