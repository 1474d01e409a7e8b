import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lab/paths.ts';
import { content } from './content.ts';
import { bench, type Fleet, HOME, writeInventory } from './hosts.ts';
import { type Run, timed } from './measure.ts';
import { playbook } from './playbook.ts';
import { probe } from './probe.ts';

/** What one run works with. */
export interface Work {
  fleet: Fleet;
  /** How many steps the content comes to. */
  steps?: number;
  /** How many seconds each host waits once in a first deploy, as it would for a download. */
  waits?: number;
  /** The host whose one file that varies holds something else, and what. */
  changed?: { host: string; text: string };
}

/** A way to bring hosts to where the content wants them, or to ask whether they are there. */
export type Contender = (work: Work) => Promise<Run>;

/** Our deploy, as a process of its own. */
export const ours: Contender = async ({ fleet, steps = 40, waits, changed }) => {
  const words = ['--profile', bench(`${fleet.name}.yaml`), '--steps', `${steps}`];
  if (waits) words.push('--waits', `${waits}`);
  if (changed) words.push('--variant', `${changed.host}=${changed.text}`);
  return script(join(import.meta.dirname, 'deploy.mjs'), ...words);
};

/** Our deploy of the role that every host has, out of the box: packages, clock, kernel settings, limits. */
export const common: Contender = ({ fleet }) => {
  const words = ['--profile', bench(`${fleet.name}.yaml`), '--only', 'common', '--yes'];
  return script(join(ROOT, 'scripts', 'deploy.mjs'), ...words);
};

/** Has a process tell at its end how much memory it had at most. */
const TELL_MEMORY =
  'data:text/javascript,process.on("exit",()=>console.error(`resident ${process.resourceUsage().maxRSS} kB`))';

async function script(path: string, ...words: string[]): Promise<Run> {
  const run = await timed([process.execPath, '--import', TELL_MEMORY, path, ...words], {
    POCKET_AUTOMATIONS_HOME: HOME,
  });
  const kilobytes = /resident (\d+) kB/.exec(run.output)?.[1];
  return { ...run, residentMegabytes: Number(kilobytes) / 1000 };
}

/** `ansible-playbook`, with pipelining, connections that persist and as many forks as hosts. */
export const ansible: Contender = ({ fleet, steps = 40, changed }) => {
  const path = bench(`${steps}.playbook.json`);
  writeFileSync(path, playbook(content(steps)));
  writeInventory(fleet, changed);
  return timed(['ansible-playbook', path], { ANSIBLE_CONFIG: bench(`${fleet.name}.cfg`) });
};

/** The raw probe, sent to all hosts side by side over SSH connections that are open already. */
export const floor: Contender = (work) => {
  const ask = `for host in "\${@:3}"; do ssh -F "$1" "$host" bash -s <"$2" & done; wait`;
  return probed(work, 'bash', '-c', ask, 'floor');
};

/** The same by a script that starts as ours do: Node, and zx. */
export const zxFloor: Contender = (work) =>
  probed(work, process.execPath, join(import.meta.dirname, 'floor.mjs'));

async function probed({ fleet, steps = 40 }: Work, ...program: string[]): Promise<Run> {
  const path = bench(`${steps}.probe`);
  writeFileSync(path, probe(content(steps)));
  const names = fleet.hosts.map(({ name }) => name);
  const run = await timed([...program, bench(`${fleet.name}.ssh`), path, ...names]);
  const answers = run.output.match(/^active$/gm)?.length;
  if (answers !== 3 * names.length)
    throw new Error(`the floor asked in vain:\n${run.output.slice(-1000)}`);
  return run;
}

/** Opens the connections that the floor goes over, and ends those that were open, which takes a moment. */
export async function openFloor({ name, hosts }: Fleet): Promise<void> {
  const script = `set -e
    for host in "\${@:2}"; do
      socket=$(ssh -F "$1" -G "$host" | sed -n 's/^controlpath //p')
      ssh -F "$1" -O exit "$host" 2>/dev/null || rm -f "$socket"
      for try in {1..50}; do [[ ! -e $socket ]] || sleep 0.1; done
      ssh -F "$1" -fNM "$host" </dev/null >/dev/null 2>&1
      ssh -F "$1" -O check "$host" 2>/dev/null
    done`;
  await timed([
    'bash',
    '-c',
    script,
    'open',
    bench(`${name}.ssh`),
    ...hosts.map((host) => host.name),
  ]);
}
