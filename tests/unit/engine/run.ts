import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { compile, type SecretValue, secretsIn } from '../../../lib/run/compile.ts';
import type { Connection } from '../../../lib/run/connection.ts';
import { runScript, type StepEvent } from '../../../lib/run/run-script.ts';
import { sh } from '../../../lib/shell.ts';
import type { Step } from '../../../lib/step.ts';
import { localShell } from '../checks/local.ts';

/** Words that give a command a /run of its own and make it root there, where this machine allows it. */
export const OWN_RUN = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--mount',
  'bash',
  '-c',
  'mount -t tmpfs tmpfs /run && exec "$@"',
  'own-run',
];

const [program = '', ...words] = [...OWN_RUN, 'true'];

/** Why steps cannot be run on this machine; false when they can. */
export const skip =
  spawnSync(program, words).status === 0 ? false : 'this machine allows no mounts of its own';

/** What came of running steps. */
export interface Run {
  /** Whether every step came through. */
  done: boolean;
  /** Everything that was told, in order. */
  events: StepEvent[];
  /** What became of each step, in order. */
  statuses: string[];
}

/** Runs steps on this machine as they are run on a host. */
export async function runSteps(
  steps: readonly Step[],
  options: {
    secrets?: readonly SecretValue[];
    dryRun?: boolean;
    connection?: Pick<Connection, 'run' | 'close'>;
    onEvent?: (event: StepEvent) => void;
  } = {},
): Promise<Run> {
  const { secrets = [], dryRun = false, connection = localShell({ words: OWN_RUN }) } = options;
  const events: StepEvent[] = [];
  const text = compile('a test', steps, secrets);
  const end = await runScript({ host: { name: 'here' }, ...connection } as Connection, {
    script: text,
    steps: steps.map((step) => ({ role: 'common', step })),
    secrets: secretsIn(text, secrets),
    dryRun,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  const statuses = events.filter(({ type }) => type !== 'started').map(({ type }) => type);
  return { done: end === 'done', events, statuses };
}

/** A step with its check and apply as shell text, for what no constructor says. */
export function stepOf(check: string, apply: string, more: Partial<Step> = {}): Step {
  return {
    title: 'a step',
    check: sh`eval ${check}`,
    apply: sh`eval ${apply}`,
    ...more,
  };
}

/** A directory that goes with the test. */
export function temporary(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'pocket-engine-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The owner of what this machine's user creates. */
export const OWNER = 'root:root';
