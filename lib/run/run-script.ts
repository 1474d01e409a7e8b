import { randomBytes } from 'node:crypto';
import type { RoleName } from '../profile/roles.ts';
import { DEFAULT_STEP_SECONDS, type Step } from '../step.ts';
import type { SecretValue } from './compile.ts';
import { header } from './compile.ts';
import type { Connection } from './connection.ts';
import { Silence } from './silence.ts';
import { type Record, StepAccount, singleRecords } from './step-account.ts';

/** What is told of a step, and the role that it belongs to. */
export interface RoleStep {
  role: RoleName;
  step: Pick<Step, 'title' | 'timeoutSeconds'>;
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

/** How a script ended. `implausible`: what the host told cannot have come from the script. */
export type ScriptEnd = 'done' | 'stopped' | 'failed' | 'implausible';

/**
 * Sends a compiled script to a host and tells about every step. Records that do not bear this run's nonce are not
 * ours and are dropped; from the first that does not fit the ones before, nothing is believed any more.
 * @returns `done` when every step came through and the script said its last word; `stopped` when it was asked to.
 * @throws UserError with exit code 4 when the host says nothing for far longer than the step in hand may take.
 */
export async function runScript(
  connection: Connection,
  options: {
    script: string;
    steps: readonly RoleStep[];
    /** Those that the script writes. */
    secrets: readonly SecretValue[];
    dryRun: boolean;
    onEvent: (event: StepEvent) => void;
    /** Told what the step in hand waits for. */
    onNote?: (text: string) => void;
  },
): Promise<ScriptEnd> {
  const { script, steps, secrets, dryRun, onEvent, onNote } = options;
  const nonce = randomBytes(12).toString('hex');
  const account = new StepAccount(steps.length, dryRun);
  const silence = new Silence(connection.host.name);
  silence.expect(GRACE_SECONDS);
  const head = header({ dryRun, nonce, secrets });
  /** Returns whether the record can be believed. */
  const tell = ({ type, words }: Record): boolean => {
    if (!account.add({ type, words })) return false;
    const [number, milliseconds, status, output = ''] = words;
    if (type === 'note') onNote?.(decoded(number ?? '').trim());
    const roleStep = steps[Number(number) - 1];
    if (!roleStep || !isEventType(type)) return true;
    silence.expect((roleStep.step.timeoutSeconds ?? DEFAULT_STEP_SECONDS) + GRACE_SECONDS);
    onEvent({
      type,
      number: Number(number),
      role: roleStep.role,
      title: roleStep.step.title,
      milliseconds: Number(milliseconds),
      exitStatus: Number(status),
      output: decoded(output),
    });
    return true;
  };
  const running = connection.run(head + script, (line) => {
    const [mark, type = '', ...words] = line.split(' ');
    if (mark !== nonce) return;
    for (const record of singleRecords({ type, words })) if (!tell(record)) return;
  });
  try {
    await Promise.race([running, silence.over]);
  } finally {
    silence.end();
  }
  return account.end;
}

/** What a script tells whose steps are all unchanged. */
export function* unchangedEvents(steps: readonly RoleStep[]): Generator<StepEvent> {
  for (const [index, { role, step }] of steps.entries()) {
    const of = { number: index + 1, role, title: step.title };
    for (const type of ['started', 'unchanged'] as const)
      yield { type, ...of, milliseconds: 0, exitStatus: 0, output: '' };
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8').slice(-LONGEST_OUTPUT);
}

const LONGEST_OUTPUT = 65_536;
/** Beside a step's own time: its checks before and after, which have two minutes each, and a slow network. */
const GRACE_SECONDS = 600;

function isEventType(type: string): type is StepEvent['type'] {
  return ['started', 'unchanged', 'changed', 'pending', 'failed'].includes(type);
}
