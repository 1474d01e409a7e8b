import { randomBytes } from 'node:crypto';
import type { SecretValue } from './compile.ts';
import { header } from './compile.ts';
import type { Connection } from './connection.ts';
import type { RoleName } from './profile/roles.ts';
import type { Step } from './step.ts';

/** A step that belongs to a role, so that what happens can be told by role. */
export interface RoleStep {
  role: RoleName;
  step: Step;
}

/** What became of a step. `pending` is what a dry run says of a step that would change the host. */
export type StepStatus = 'unchanged' | 'changed' | 'pending' | 'failed';

/** One thing that happened on a host. */
export interface StepEvent {
  type: 'started' | StepStatus;
  /** Counted from 1, within the script. */
  number: number;
  role: RoleName;
  title: string;
  milliseconds: number;
  /** The exit status of a step that failed; 124 when its time was over. */
  exitStatus: number;
  /** What the step printed last, or the difference that it would make. */
  output: string;
}

/**
 * Sends a compiled script to a host and tells about every step. Records that do not bear this run's nonce are not
 * ours and are dropped.
 * @returns `done` when every step came through and the script said its last word; `stopped` when it was asked to.
 */
export async function runScript(
  connection: Connection,
  options: {
    script: string;
    steps: readonly RoleStep[];
    secrets: readonly SecretValue[];
    dryRun: boolean;
    onEvent: (event: StepEvent) => void;
    /** Told what the step in hand waits for. */
    onNote?: (text: string) => void;
  },
): Promise<'done' | 'stopped' | 'failed'> {
  const { script, steps, secrets, dryRun, onEvent } = options;
  const nonce = randomBytes(12).toString('hex');
  let ended: string | undefined;
  await connection.run(header({ dryRun, nonce, secrets, script }) + script, (line) => {
    const [mark, type, number, milliseconds, status, output = ''] = line.split(' ');
    if (mark !== nonce) return;
    if (type === 'end') ended = status;
    if (type === 'note')
      options.onNote?.(
        Buffer.from(number ?? '', 'base64')
          .toString()
          .trim(),
      );
    const roleStep = steps[Number(number) - 1];
    if (!roleStep || !isEventType(type)) return;
    onEvent({
      type,
      number: Number(number),
      role: roleStep.role,
      title: roleStep.step.title,
      milliseconds: Number(milliseconds),
      exitStatus: Number(status),
      output: Buffer.from(output, 'base64').toString('utf8'),
    });
  });
  if (ended === '130') return 'stopped';
  return ended === '0' ? 'done' : 'failed';
}

function isEventType(type: string | undefined): type is StepEvent['type'] {
  return ['started', 'unchanged', 'changed', 'pending', 'failed'].includes(type ?? '');
}
