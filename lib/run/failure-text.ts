import { excerpt } from './excerpt.ts';
import { hintFor } from './hints.ts';
import type { StepEvent } from './run-script.ts';

const TIME_IS_OVER = 124;

/** What a person is told of a step that failed: where, why, what it printed last, and what to do where that is known. */
export function failureText(host: string, event: StepEvent): string {
  const { role, title, exitStatus, milliseconds, output } = event;
  const late = exitStatus === TIME_IS_OVER;
  const seconds = Math.round(milliseconds / 1000);
  const why = late ? `its time was over after ${seconds} s` : `exit status ${exitStatus}`;
  const told = [`${host}: ${role}: ${title}: ${why}`, excerpt(output).trim()];
  const hint = hintFor(output) || (late ? HUNG : '');
  return withHint(told.filter(Boolean).join('\n'), hint);
}

const HUNG =
  'What hung was ended with all that it had started. See on the host what it waited for (journalctl --since -15min, df -h, free -m, a network that drops what is sent); running again starts with this step.';

/** What was told, and what to do about it. */
export function withHint(told: string, hint: string): string {
  return hint === '' ? told : `${told}\nWhat to do: ${hint}`;
}
