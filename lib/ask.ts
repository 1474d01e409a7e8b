import { randomBytes } from 'node:crypto';
import type { Check, ProbeResult } from './check.ts';
import { checkHeader, compileChecks, readCheckLine, unanswered } from './check-script.ts';
import type { Connection } from './connection.ts';
import type { Secrets } from './secrets.ts';

/**
 * Asks one host everything, side by side, in one script. Every check gets exactly one answer: what the host did not
 * answer, because the connection broke or its script ended early, is told as that.
 */
export async function ask(
  connection: Pick<Connection, 'run'>,
  title: string,
  checks: readonly Check[],
  secrets: Pick<Secrets, 'named' | 'mask'>,
  onAnswer: (check: Check, result: ProbeResult) => void,
): Promise<void> {
  const named = secrets.named();
  const nonce = randomBytes(12).toString('hex');
  const script = compileChecks(title, checks, named);
  const open = new Set(script.probes.keys());
  let reason = 'the host ended the questions early';
  try {
    await connection.run(checkHeader(script, nonce, named) + script.text, (line) => {
      const told = readCheckLine(line, nonce);
      if (told === undefined || told === 'end' || !open.delete(told.index)) return;
      const { output, errors } = told.result;
      const result = { ...told.result, output: secrets.mask(output), errors: secrets.mask(errors) };
      for (const check of script.probes[told.index] ?? []) onAnswer(check, result);
    });
  } catch (error) {
    reason = (error as Error).message;
  }
  for (const index of open) {
    for (const check of script.probes[index] ?? []) onAnswer(check, unanswered(reason));
  }
}
