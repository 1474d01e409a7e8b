import { $ } from 'zx';

/** Runs commands of the machine's own container engine: silent, and a non-zero exit is an error. */
const quiet = $({ quiet: true, verbose: false });

/**
 * Runs `docker` on this machine and returns its standard output without the last newline.
 * @throws ProcessOutput with docker's standard error when it exits non-zero.
 */
export async function docker(...words: string[]): Promise<string> {
  return (await quiet`docker ${words}`).stdout.trimEnd();
}

/** Runs `docker` and splits its standard output into the lines that are not empty. */
export async function dockerLines(...words: string[]): Promise<string[]> {
  return (await docker(...words)).split('\n').filter((line) => line !== '');
}

/** Whether an image with this reference is in the engine's store. */
export async function hasImage(reference: string): Promise<boolean> {
  return (await dockerLines('image', 'ls', '--quiet', reference)).length > 0;
}

/** Whether there is an engine that answers. */
export async function dockerAnswers(): Promise<boolean> {
  return (await quiet({ nothrow: true })`docker info`).ok;
}
