import type { Lab } from '../fleet/lab-fixture.ts';

/**
 * One thing that is done to a deployed host: shell as root, values of its profile (over the lab's own, which `{}` brings
 * back, and which may need the address of the host), or a script of the project with the profile of the lab.
 */
export type Act =
  | { shell: string }
  | { profile: Record<string, unknown> | ((address: string) => Record<string, unknown>) }
  | { script: readonly [name: string, ...words: string[]] };

/** One thing that breaks on a deployed host, the check that finds it, and what mends it. */
export interface Breakage {
  /** The id of the check that no longer passes. */
  check: string;
  /** What it says then; `fail` where absent. */
  verdict?: 'fail' | 'warn';
  breaks: readonly Act[];
  /** What the evidence must tell. */
  evidence: RegExp;
  /** What the fix must tell: the command or the line of the profile that `mends` applies. */
  fix: RegExp;
  mends: readonly Act[];
  /** Other checks that may not pass either while it is broken, since they ask the same or lean on it. */
  alsoFails?: readonly string[];
  /** Groups or ids to ask instead of everything, where nothing else can be concerned. */
  only?: readonly string[];
}

/** Does one thing after the other. Throws when one of them fails. */
export async function act(lab: Lab, acts: readonly Act[]): Promise<void> {
  for (const one of acts) {
    if ('shell' in one) await lab.host.exec(one.shell);
    else if ('profile' in one) {
      const { profile } = one;
      lab.change(typeof profile === 'function' ? profile(lab.host.address) : profile);
    } else {
      const [name, ...words] = one.script;
      const { status, stdout, stderr } = await lab.script(name, ...words);
      if (status !== 0)
        throw new Error(`scripts/${name}.mjs ended with ${status}:\n${stdout}${stderr}`);
    }
  }
}
