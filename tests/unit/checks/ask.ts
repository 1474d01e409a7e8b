import type { Host } from '../../../lib/hosts.ts';
import type { SecretValue } from '../../../lib/run/compile.ts';
import { type Shell, sh } from '../../../lib/shell.ts';
import type { Check, Finding } from '../../../lib/validation/check.ts';
import { findingOf } from '../../../lib/validation/check.ts';
import {
  checkHeader,
  compileChecks,
  readCheckLine,
  unanswered,
} from '../../../lib/validation/check-script.ts';
import { fail, pass } from '../../../lib/validation/verdict.ts';
import { type LocalOptions, localShell } from './local.ts';

export const HOST: Host = { name: 'here', address: 'localhost', local: true, roles: [] };

/** A check of a probe that passes whenever its probe succeeds, as the laxest of judges would. */
export function checkOf(id: string, probe: Shell, more: Partial<Check> = {}): Check {
  return {
    id,
    group: 'host',
    severity: 'critical',
    title: id,
    host: HOST,
    probe,
    fix: 'nothing',
    judge: ({ status, output }) => (status === 0 ? pass(output) : fail(`status ${status}`)),
    ...more,
  };
}

/** Asks checks on this machine; the findings by id. */
export async function ask(
  checks: readonly Check[],
  options: LocalOptions & { secrets?: readonly SecretValue[] } = {},
): Promise<Record<string, Finding>> {
  const { secrets = [] } = options;
  const script = compileChecks('a test', checks, secrets);
  const findings: Record<string, Finding> = {};
  for (const check of checks) findings[check.id] = findingOf(check, unanswered('no line'));
  await localShell(options).run(checkHeader(script, 'n0', secrets) + script.text, (line) => {
    const told = readCheckLine(line, 'n0');
    if (told === undefined || told === 'end') return;
    for (const check of script.probes[told.index]!)
      findings[check.id] = findingOf(check, told.result);
  });
  return findings;
}

/** Asks one probe. */
export async function askOne(probe: Shell, more: Partial<Check> = {}): Promise<Finding> {
  return (await ask([checkOf('one', probe, more)])).one!;
}

export { sh };
