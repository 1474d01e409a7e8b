import { type Shell, sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { onHost } from '../validation/fixes.ts';
import { lastWords, pass, skip, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

const LEAST_FREE_PERCENT = 10;

/** Room on the file systems that the stacks, their data and the logs are on: bytes, and files that can still be made. */
export function spaceChecks({ deployment, host }: CheckContext): Check[] {
  return [
    {
      id: 'host.disk',
      group: 'host',
      severity: 'critical',
      title: 'The disks have room',
      host,
      probe: free('-k'),
      fix: onHost(deployment, host, 'docker image prune --all'),
      judge: (result) =>
        spaceVerdict(result, ({ place, percent, left }) => {
          return `${place}: ${percent} % free, ${Math.floor(left / 1024 ** 2)} GiB`;
        }),
    },
    {
      id: 'host.inodes',
      group: 'host',
      severity: 'warning',
      title: 'The disks can hold more files',
      host,
      probe: free('-i'),
      fix: `remove what is not needed where most are: ${onHost(deployment, host, 'du --inodes -xS / /var/lib/docker /var/log | sort -n | tail')}`,
      judge: (result) =>
        spaceVerdict(result, ({ place, percent, left }) => `${place}: ${percent} % free, ${left}`),
    },
  ];
}

function free(unit: '-k' | '-i'): Shell {
  return sh`
    places=/
    for place in /opt/pocket /var/lib/docker /var/log; do [[ ! -d $place ]] || places+=" $place"; done
    df -P ${unit} $places | tail -n +2 | sort -u
  `;
}

/** What `df -P` says of one file system; `left` is in its own unit. */
interface Space {
  place: string;
  percent: number;
  left: number;
}

/** Judges lines of `df -P`. A file system that has no number of files, such as btrfs, says 0 of all: it has no limit. */
export function spaceVerdict(result: ProbeResult, words: (space: Space) => string): Verdict {
  if (result.status !== 0) return skip(`df says: ${lastWords(result)}`);
  const spaces = result.output.trim().split('\n').flatMap(readSpace);
  const evidence = spaces.map(words).join('; ') || 'no file system has a limit';
  return spaces.some(({ percent }) => percent < LEAST_FREE_PERCENT)
    ? warn(`${evidence}; wanted: ${LEAST_FREE_PERCENT} %`)
    : pass(evidence);
}

function readSpace(line: string): Space[] {
  const [, total, , available, , place] = line.trim().split(/\s+/);
  const [all, left] = [Number(total), Number(available)];
  if (!(all >= 0) || !(left >= 0) || !place) throw new Error(`"${line}" of df`);
  return all === 0 ? [] : [{ place, percent: Math.floor((100 * left) / all), left }];
}
