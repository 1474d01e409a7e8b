import { type Shell, sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { onHost } from '../validation/fixes.ts';
import { fail, lastWords, pass, skip, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

const LEAST_FREE_PERCENT = 10;
/** With less than both this and an amount, Redis and PostgreSQL soon can write no more; of a large disk it is much. */
const FULL_PERCENT = 3;
const FULL_KIBIBYTES = 10 * 1024 ** 2;
const FULL_FILES = 10_000;

const IMAGES = '/var/lib/docker';
const LOGS = '/var/log';

/** Room on the file systems that the stacks, their data and the logs are on: bytes, and files that can still be made. */
export function spaceChecks({ deployment, host }: CheckContext): Check[] {
  const typed = (command: string) => onHost(deployment, host, command);
  const whatFills = (low: readonly Space[]) =>
    typed(`du -xh ${low.map(({ mount }) => mount).join(' ')} | sort -h | tail`);
  const about = { group: 'host', severity: 'critical', host } as const;
  return [
    {
      ...about,
      id: 'host.disk',
      title: 'The disks have room',
      probe: free('-k'),
      fix: typed('df -h'),
      judge: (result) =>
        spaceVerdict(result, {
          full: FULL_KIBIBYTES,
          words: ({ mount, percent, left }) =>
            `${mount}: ${percent} % free, ${Math.floor(left / 1024 ** 2)} GiB`,
          fix: (low) => {
            const places = low.flatMap((space) => space.places);
            return [
              ...(places.includes(IMAGES) ? [typed('docker image prune --all')] : []),
              ...(places.includes(LOGS) ? [typed('journalctl --vacuum-size=500M')] : []),
              `why it is so: ${whatFills(low)}`,
            ].join('; ');
          },
        }),
    },
    {
      ...about,
      id: 'host.inodes',
      title: 'The disks can hold more files',
      probe: free('-i'),
      fix: typed('df -i'),
      judge: (result) =>
        spaceVerdict(result, {
          full: FULL_FILES,
          words: ({ mount, percent, left }) => `${mount}: ${percent} % free, ${left}`,
          fix: (low) => {
            const mounts = low.map(({ mount }) => mount).join(' ');
            return `remove what is not needed where most are: ${typed(`du --inodes -xS ${mounts} | sort -n | tail`)}`;
          },
        }),
    },
  ];
}

/** Prints the directories that matter, and a line of `df` for each of them. */
function free(unit: '-k' | '-i'): Shell {
  return sh`
    places=/
    for place in /opt/pocket ${IMAGES} ${LOGS}; do [[ ! -d $place ]] || places+=" $place"; done
    echo "$places"
    df -P ${unit} $places | tail -n +2
  `;
}

/** What `df -P` says of one file system; `left` is in its own unit. */
interface Space {
  mount: string;
  /** Those of the directories that are on it. */
  places: string[];
  percent: number;
  left: number;
}

/** Judges lines of `df -P`. A file system that has no number of files, such as btrfs, says 0 of all: it has no limit. */
export function spaceVerdict(
  result: ProbeResult,
  {
    full,
    words,
    fix,
  }: { full: number; words(space: Space): string; fix(low: readonly Space[]): string },
): Verdict {
  if (result.status !== 0) return skip(`df says: ${lastWords(result)}`);
  const spaces = readSpaces(result.output);
  const evidence = spaces.map(words).join('; ') || 'no file system has a limit';
  const low = spaces.filter(({ percent }) => percent < LEAST_FREE_PERCENT);
  if (low.length === 0) return pass(evidence);
  const isFull = low.some(({ percent, left }) => percent < FULL_PERCENT && left < full);
  return (isFull ? fail : warn)(`${evidence}; wanted: ${LEAST_FREE_PERCENT} %`, fix(low));
}

function readSpaces(output: string): Space[] {
  const [places = '', ...lines] = output.trim().split('\n');
  const named = places.split(' ');
  if (lines.length !== named.length) throw new Error(`"${output.trim()}" of df`);
  const spaces = new Map<string, Space>();
  for (const [index, line] of lines.entries()) {
    const [, total, , available, , mount] = line.trim().split(/\s+/);
    const [all, left] = [Number(total), Number(available)];
    if (!(all >= 0) || !(left >= 0) || !mount) throw new Error(`"${line}" of df`);
    if (all === 0) continue;
    const same = spaces.get(mount)?.places ?? [];
    const percent = Math.floor((100 * left) / all);
    spaces.set(mount, { mount, places: [...same, named[index]!], percent, left });
  }
  return [...spaces.values()];
}
