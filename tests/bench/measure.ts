import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process went. */
export interface Run {
  milliseconds: number;
  /** What it printed, on both streams. */
  output: string;
  /** Its own memory at its highest, where it tells. */
  residentMegabytes?: number;
}

/** Runs a process to its end and times it. Throws with what it printed when it fails. */
export function timed(words: string[], environment: Record<string, string> = {}): Promise<Run> {
  const [program = '', ...rest] = words;
  const began = performance.now();
  const child = spawn(program, rest, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Not `close`: connections that stay open for the next run may keep the streams. What was printed is read by then.
    child.once('exit', async (status) => {
      const milliseconds = performance.now() - began;
      await sleep(50);
      const output = Buffer.concat(pieces).toString();
      if (status === 0) resolve({ milliseconds, output });
      else reject(new Error(`${words.join(' ')}: exit ${status}\n${output.slice(-3000)}`));
    });
  });
}

/** What several runs of one thing came to. */
export interface Summary {
  median: number;
  least: number;
  most: number;
  runs: number;
}

/** The middle of some numbers, with the range; a median of an even count is the lower of the two in the middle. */
export function summary(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return { median, least: sorted[0]!, most: sorted.at(-1)!, runs: sorted.length };
}

/**
 * Runs several things in turns, after one turn that does not count, so that whatever else the machine does hits all
 * alike.
 * @param rounds how often each is run; a thing that takes long may be run less often than the others
 */
export async function interleaved<Name extends string>(
  things: Record<Name, { rounds: number; run: (round: number) => Promise<Run> }>,
): Promise<Record<Name, Run[]>> {
  const names = Object.keys(things) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Run[]
  >;
  const most = Math.max(...names.map((name) => things[name].rounds));
  for (let round = 0; round <= most; round++) {
    for (const name of names) {
      if (round > things[name].rounds) continue;
      const run = await things[name].run(round);
      if (round > 0) results[name].push(run);
    }
  }
  return results;
}
