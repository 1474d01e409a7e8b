import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes a file for its owner alone, in one move: whoever reads it finds the old text or the new one. */
export function replaceFile(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}`;
  // One that was killed may have left its own, under a process id that is ours by now.
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx' });
  renameSync(unfinished, path);
}
