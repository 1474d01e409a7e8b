import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LIMIT_MS = 30_000;

/**
 * The value behind `env:NAME`, `file:PATH` or `cmd:COMMAND`, a trailing newline trimmed. A command runs in the
 * operator's shell, for at most 30 seconds. Throws with what failed, never with what was read or printed.
 */
export function resolveReference(reference: string): string {
  const colon = reference.indexOf(':');
  const kind = reference.slice(0, colon);
  const rest = reference.slice(colon + 1);
  const value =
    kind === 'env' ? fromEnvironment(rest) : kind === 'file' ? fromFile(rest) : fromCommand(rest);
  return value.replace(/\r?\n$/, '');
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

function fromFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** What a command prints; throws when it fails, or does not end in time. */
export function fromCommand(command: string, limitMs = LIMIT_MS): string {
  const shell = process.env.SHELL || '/bin/sh';
  const result = spawnSync(shell, ['-c', command], {
    encoding: 'utf8',
    timeout: limitMs,
    killSignal: 'SIGKILL',
    stdio: ['inherit', 'pipe', 'ignore'],
  });
  if (result.error && 'code' in result.error && result.error.code === 'ETIMEDOUT') {
    throw new Error(`its command did not finish within ${limitMs / 1000} seconds`);
  }
  if (result.error) throw new Error(`its command could not be started with ${shell}`);
  if (result.status !== 0)
    throw new Error(
      `its command failed with exit code ${result.status}; run it by hand to see why`,
    );
  return result.stdout;
}
