// Loads broken profiles one after the other and tells about each, so that a hang is one of this thread only.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { stringify } from 'yaml';
import { loadDeployment } from '../../lib/deployment.ts';
import { ProfileError } from '../../lib/profile/problem.ts';
import { fullProfile } from './full-profile.ts';
import { brokenProfile, HEAVY } from './mutations.ts';
import { randomFrom } from './random.ts';

/** What became of a case. */
export interface Loaded {
  number: number;
  /** Milliseconds of processor time of this thread: a busy machine makes them no more. */
  milliseconds: number;
  /** The message, or nothing for a deployment. */
  message?: string;
  /** Where it is not what it has to be. */
  defect?: string;
}

const { seed, count, directory } = workerData as { seed: number; count: number; directory: string };
const LAB = readFileSync(join(import.meta.dirname, '../../profiles/all-in-one-lab.yaml'), 'utf8');
const GOOD = [LAB, stringify(fullProfile())];

mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'ring-1.yaml'), 'extends: ring-2.yaml\n');
writeFileSync(join(directory, 'ring-2.yaml'), 'extends: ring-1.yaml\n');

for (let number = 0; number < count; number += 1) {
  const random = randomFrom(seed * 1_000_003 + number);
  const heavy = HEAVY[number]?.();
  const content = heavy ?? brokenProfile(GOOD[number % GOOD.length]!, random);
  const path = join(directory, 'p.yaml');
  writeFileSync(path, content);
  parentPort?.postMessage({ starting: number });
  parentPort?.postMessage(load(number, path, content.toString()));
}

function load(number: number, path: string, text: string): Loaded {
  const before = process.threadCpuUsage();
  let error: unknown;
  try {
    loadDeployment(path, { root: directory });
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.threadCpuUsage(before);
  const milliseconds = Math.round((user + system) / 1000);
  if (error === undefined) return { number, milliseconds };
  if (!(error instanceof ProfileError)) {
    return { number, milliseconds, defect: `no ProfileError: ${(error as Error).stack}` };
  }
  const { message } = error;
  return { number, milliseconds, message, ...defectOf(error, path, text) };
}

/** Every line names a place that exists; no line is long, steers a terminal, or shows how the program is made. */
function defectOf(
  { message, problems }: ProfileError,
  path: string,
  text: string,
): { defect?: string } {
  const last = text.split(/\r\n?|\n/).length + 1;
  const lines = message.split('\n');
  const unlocated = lines.findIndex(
    (line, index) =>
      !/^\S+:[1-9]\d*:[1-9]\d* \S/.test(line) &&
      !(index === 50 && index === lines.length - 1 && /^and \d+ more$/.test(line)),
  );
  if (unlocated >= 0) return { defect: `a line without a place: ${lines[unlocated]}` };
  const beyond = problems.find(({ file, line }) => file?.endsWith(path) && (line ?? 0) > last);
  if (beyond) return { defect: `line ${beyond.line} of ${last}` };
  const long = lines.find((line) => line.length > 1000);
  if (long) return { defect: `a line of ${long.length} characters: ${long.slice(0, 200)}` };
  if (/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\n {4}at /.test(message)) {
    return { defect: `control characters or a stack trace: ${JSON.stringify(message)}` };
  }
  return {};
}
