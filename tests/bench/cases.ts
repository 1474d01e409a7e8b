import { join } from 'node:path';
import type { Host } from '../fleet/hosts.ts';
import { slowLine } from '../fleet/slow-line.ts';
import { ansible, common, floor, openFloor, ours, zxFloor } from './contenders.ts';
import { bench, type Fleet, HOME, undo, writeFleet } from './hosts.ts';
import { interleaved, type Run, timed } from './measure.ts';

/** What came of a case: the runs of each contender that counted. */
export interface Result {
  name: string;
  runs: Record<string, Run[]>;
}

/** How much is measured. */
export interface Effort {
  /** Hosts of the cases that have several. */
  hosts: Host[];
  /** How many of them, one case for each count. */
  counts: number[];
  /** How often ours and the floor are run; Ansible takes minutes, and is run less often. */
  rounds: number;
  ansibleRounds: number;
  /** Of the line that is slow, in milliseconds. */
  roundTrip: number;
}

/** Far longer than the forty steps, so that it shows whether hosts wait for each other. */
const WAITS = 10;

const ROOT = join(import.meta.dirname, '../..');

/** The cases of the benchmark. */
export const CASES: Record<string, (effort: Effort) => AsyncGenerator<Result>> = {
  async *noop(effort) {
    for (const count of effort.counts) {
      const fleet = writeFleet(`${count}`, effort.hosts.slice(0, count));
      yield { name: `no-op, ${hosts(count)}`, runs: await sideBySide(fleet, effort) };
    }
  },

  async *latency(effort) {
    for (const count of effort.counts) {
      const chosen = effort.hosts.slice(0, count);
      const line = await slowLine(chosen, { roundTripMilliseconds: effort.roundTrip });
      const behind = chosen.map((host, index) => ({ ...host, address: line.addresses[index]! }));
      const fleet = writeFleet(`${count}-slow`, behind);
      const name = `no-op at ${effort.roundTrip} ms, ${hosts(count)}`;
      try {
        yield { name, runs: await sideBySide(fleet, effort) };
      } finally {
        await line.end();
      }
    }
  },

  async *first(effort) {
    const chosen = effort.hosts.slice(0, 10);
    const fleet = writeFleet('first', chosen);
    const afresh = (contender: typeof ours) => async () => {
      await undo(chosen);
      return contender({ fleet });
    };
    const own = await interleaved({ ours: { rounds: effort.rounds, run: afresh(ours) } });
    const runs = await thenAnsible(own, effort.ansibleRounds, afresh(ansible));
    yield { name: `first deploy, ${hosts(chosen.length)}`, runs };
  },

  async *several(effort) {
    for (const count of effort.counts) {
      const chosen = effort.hosts.slice(0, count);
      const fleet = writeFleet(`${count}-several`, chosen);
      const deployed = (waits?: number) => ({
        rounds: effort.rounds,
        run: async () => {
          await undo(chosen);
          return ours({ fleet, ...(waits && { waits }) });
        },
      });
      const runs = await interleaved({
        ours: deployed(),
        [`ours, where each host waits ${WAITS} s`]: deployed(WAITS),
      });
      yield { name: `first deploy, ${hosts(count)}`, runs };
    }
  },

  async *common(effort) {
    const fleet = writeFleet('common', effort.hosts);
    const first = await common({ fleet });
    const runs = await interleaved({
      'nothing to do': { rounds: effort.rounds, run: () => common({ fleet }) },
    });
    yield {
      name: `the role common, ${hosts(effort.hosts.length)}`,
      runs: { first: [first], ...runs },
    };
  },

  async *changed(effort) {
    const chosen = effort.hosts.slice(0, 10);
    const fleet = writeFleet('changed', chosen);
    const contenders = { ours, ansible };
    const change = (contender: keyof typeof contenders) => (round: number) =>
      contenders[contender]({
        fleet,
        changed: { host: chosen[0]!.name, text: `${contender}-${round}` },
      });
    const own = await interleaved({ ours: { rounds: effort.rounds, run: change('ours') } });
    const runs = await thenAnsible(own, effort.ansibleRounds, change('ansible'));
    yield { name: `one changed file on one of ${hosts(chosen.length)}`, runs };
  },

  async *startup({ rounds }) {
    const profile = writeStartupProfile();
    const load = join(import.meta.dirname, 'load-profile.mjs');
    const node = (...words: string[]) => ({
      rounds: rounds * 3,
      run: () => timed([process.execPath, ...words]),
    });
    const runs = await interleaved({
      'redis.mjs --help': node(join(ROOT, 'scripts/redis.mjs'), '--help'),
      'a 50-host profile, loaded and validated': node(load, profile),
      'import("zx")': node('-e', 'import("zx")'),
      'Node alone': node('-e', '0'),
    });
    yield { name: 'start-up', runs };
  },

  async *memory(effort) {
    const fleet = writeFleet('memory', effort.hosts);
    const runs = await interleaved({
      '40 steps': { rounds: 2, run: () => ours({ fleet, steps: 40 }) },
      '400 steps': { rounds: 2, run: () => ours({ fleet, steps: 400 }) },
    });
    yield { name: `memory, ${hosts(effort.hosts.length)}`, runs };
  },
};

async function sideBySide(fleet: Fleet, { rounds, ansibleRounds }: Effort) {
  await ours({ fleet });
  await openFloor(fleet);
  const runs = await interleaved({
    ours: { rounds, run: () => ours({ fleet }) },
    floor: { rounds, run: () => floor({ fleet }) },
    'floor as a zx script': { rounds, run: () => zxFloor({ fleet }) },
  });
  return thenAnsible(runs, ansibleRounds, () => ansible({ fleet }));
}

/** Adds runs of Ansible, by itself: it takes minutes, after which connections that ours uses again would be closed. */
async function thenAnsible(
  runs: Record<string, Run[]>,
  rounds: number,
  run: (round: number) => Promise<Run>,
): Promise<Record<string, Run[]>> {
  if (rounds === 0) return runs;
  return { ...runs, ...(await interleaved({ ansible: { rounds, run } })) };
}

/** A profile of 50 hosts that do not have to exist. */
function writeStartupProfile(): string {
  const identityFile = join(HOME, 'none');
  const all = Array.from({ length: 50 }, (_, index) => ({
    name: `h${index}`,
    address: `10.0.0.${index + 1}`,
    identityFile,
  }));
  writeFleet('startup', all);
  return bench('startup.yaml');
}

const hosts = (count: number) => `${count} host${count === 1 ? '' : 's'}`;
