import { lines, type Shell, sh } from '../shell.ts';
import type { Step } from '../step.ts';
import { waitFor } from './system.ts';

const COPY_SECONDS = 600;

/**
 * The steps of the stack `redis` on a host that is one of several: what makes its container anew waits for its turn,
 * and the turn is given on when Redis follows the primary again. A primary whose turn it is has a replica promoted
 * first. The turn is a key in the primary that expires, so hosts that are deployed side by side, even from two machines,
 * take turns. A new password is none of that: until all have it, nobody can follow anybody.
 */
export function inTurns(steps: readonly Step[]): Step[] {
  const files = steps.slice(0, -1);
  const up = steps.slice(-1);
  const upToDate = up.map(({ check }) => check);
  const take: Step = {
    title: 'Wait until no other Redis restarts',
    // Asked of the host, and not of what this run has written: one before may have been cut off while it waited here.
    check: sh`[[ -e $work/turn ]] || (${lines(...upToDate)})`,
    apply: lines(turns('take', sh`{ : >"$work/turn"; exit 0; }`), sh`: >"$work/turn"`),
    after: files,
    timeoutSeconds: 1800,
  };
  const settled = waitFor({
    title: 'Wait until Redis is in step with the others',
    probe: turns('settled', sh`exit 1`),
    seconds: COPY_SECONDS,
  });
  const give: Step = {
    title: 'Let the next Redis restart',
    check: sh`:`,
    apply: turns('give', sh`exit 1`),
    after: [take],
  };
  return [...files, take, ...up, settled, give];
}

/** Runs turns.sh in the container of Redis; without a running one, what is given. */
function turns(verb: 'take' | 'settled' | 'give', without: Shell): Shell {
  return lines(
    sh`
      id=$(docker ps --no-trunc --quiet --filter label=com.docker.compose.project=pocket-redis \
        --filter label=com.docker.compose.service=redis --filter status=running)`,
    sh`[[ -n $id ]] || ${without}`,
    sh`docker exec "$id" sh /etc/redis/turns.sh ${verb}`,
  );
}
