import { join } from 'node:path';
import { $ } from 'zx';
import { ROOT } from '../lab/paths.ts';

/** What stands before a command of a fix that is typed only where the one before it found everything as it should be. */
const UNLESS_CHANGED = 'if that changes nothing: ';
/** What stands before words, or before a command that only shows something. */
const ONLY_WORDS = /^(?:why it is so|else|if that changes nothing, who listens there): /;
/** What a script says that has found everything as it should be. */
const NOTHING_CHANGED = 'Everything was already so.';

/** Types the commands of a fix, as the person does who reads it. Throws when there is none, or when one fails. */
export async function typed(fix: string): Promise<void> {
  let said: string | undefined;
  for (const part of fix.split('; ').filter((one) => !ONLY_WORDS.test(one))) {
    if (part.startsWith(UNLESS_CHANGED) && !said?.includes(NOTHING_CHANGED)) continue;
    const command = part.replace(UNLESS_CHANGED, '');
    if (!/^(?:scripts\/|ssh -F |chmod )/.test(command)) throw new Error(`no command: ${command}`);
    const ran = await $({
      nothrow: true,
      quiet: true,
      timeout: '10m',
    })`bash -c ${inProject(command)}`;
    said = ran.stdout + ran.stderr;
    if (ran.exitCode !== 0) throw new Error(`${command} ended with ${ran.exitCode}:\n${said}`);
  }
  if (said === undefined) throw new Error(`no command: ${fix}`);
}

/** The scripts are typed where the project is; its files may be named from anywhere. */
function inProject(command: string): string {
  return command.replace(/^scripts\//, `${join(ROOT, 'scripts')}/`);
}
