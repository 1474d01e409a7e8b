import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../fleet/hosts.ts';
import type { ScriptResult } from '../fleet/lab-fixture.ts';

/** A deployment that is broken and mended. */
export interface Scene {
  /** By their names in the profile. */
  hosts: Record<string, Host>;
  /** Where deployments and reports are. */
  home: string;
  /** What the DNS of the operator's machine has: addresses by name. */
  records: Map<string, readonly string[]>;
  /** Writes the profile anew, with these values over its own. */
  change(changes: Record<string, unknown>): void;
  script(name: string, ...words: string[]): Promise<ScriptResult>;
}

/**
 * One thing that is done to a scene: shell as root on a host, the first one unless named; values of its profile, over its
 * own, which `{}` brings back; a script of the project with that profile; or anything else.
 */
export type Act =
  | { shell: string; on?: string }
  | { profile: Record<string, unknown> | ((hosts: Scene['hosts']) => Record<string, unknown>) }
  | { script: readonly [name: string, ...words: string[]] }
  | ((scene: Scene) => Promise<void>);

/** One thing that breaks on a deployed host, the check that finds it, and what mends it. */
export interface Breakage {
  /** The id of the check that no longer passes; of several, each has to find it. */
  check: string | readonly string[];
  /** The host of which it is told, where several have such a check. */
  host?: string;
  /** What it says then; `fail` where absent. */
  verdict?: 'fail' | 'warn';
  breaks: readonly Act[];
  /** What the evidence must tell. */
  evidence: RegExp;
  /** What the fix must tell. */
  fix: RegExp;
  /** What is done instead of typing the commands of the fix, where it is none: a line of the profile, or others' doing. */
  mends?: readonly Act[];
  /** What clears away the traces of the test itself, once everything passes. */
  clears?: readonly Act[];
  /** Other checks that may not pass either while it is broken, since they ask the same or lean on it. */
  alsoFails?: readonly string[];
  /** Groups or ids to ask instead of everything, where nothing else can be concerned. */
  only?: readonly string[];
}

/** The checks of a breakage. */
export function checksOf({ check }: Breakage): readonly string[] {
  return typeof check === 'string' ? [check] : check;
}

/** The breakages that the files of a directory beside this file export, in the order of their names. */
export async function breakagesIn(directory: string): Promise<Breakage[]> {
  const path = join(import.meta.dirname, directory);
  const files = readdirSync(path).toSorted();
  const modules = await Promise.all(
    files.map(async (file): Promise<{ BREAKAGES: Breakage[] }> => import(join(path, file))),
  );
  return modules.flatMap(({ BREAKAGES }) => BREAKAGES);
}

/** Those of {@link breakagesIn} that BREAKAGES=redis.policy,host chooses by their checks or groups; all without it. */
export async function chosenIn(directory: string): Promise<Breakage[]> {
  const chosen = process.env.BREAKAGES?.split(',');
  const isChosen = (check: string) =>
    chosen?.some((name) => check === name || check.startsWith(`${name}.`)) ?? true;
  return (await breakagesIn(directory)).filter((one) => checksOf(one).some(isChosen));
}

/** Does one thing after the other. Throws when one of them fails. */
export async function act(scene: Scene, acts: readonly Act[]): Promise<void> {
  for (const one of acts) {
    if (typeof one === 'function') await one(scene);
    else if ('shell' in one) {
      const host = one.on === undefined ? Object.values(scene.hosts)[0] : scene.hosts[one.on];
      if (!host) throw new Error(`there is no host ${one.on}`);
      await host.exec(one.shell);
    } else if ('profile' in one) {
      const { profile } = one;
      scene.change(typeof profile === 'function' ? profile(scene.hosts) : profile);
    } else {
      const [name, ...words] = one.script;
      const { status, stdout, stderr } = await scene.script(name, ...words);
      if (status !== 0)
        throw new Error(`scripts/${name}.mjs ended with ${status}:\n${stdout}${stderr}`);
    }
  }
}
