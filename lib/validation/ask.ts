import { randomBytes } from 'node:crypto';
import type { Connection } from '../run/connection.ts';
import { Silence } from '../run/silence.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Check, ProbeResult } from './check.ts';
import {
  checkHeader,
  compileChecks,
  readCheckLine,
  secondsOf,
  unanswered,
} from './check-script.ts';

/** Beside the longest question's own time: waiting for its turn, and a slow network. */
const GRACE_SECONDS = 60;

/**
 * Asks one host everything, side by side, in one script. Every check gets exactly one answer: what the host did not
 * answer, because the connection broke or its script ended early, is told as that.
 * @returns why the questions were not answered to the end, where the host did not end them itself
 */
export async function ask(
  connection: Pick<Connection, 'run'>,
  title: string,
  checks: readonly Check[],
  secrets: Pick<Secrets, 'named' | 'mask'>,
  onAnswer: (check: Check, result: ProbeResult) => void,
): Promise<unknown> {
  const named = secrets.named();
  const nonce = randomBytes(12).toString('hex');
  const script = compileChecks(title, checks, named);
  const open = new Set(script.probes.keys());
  let broken: unknown;
  const silence = new Silence(title);
  const longest = Math.max(0, ...checks.map(secondsOf)) + GRACE_SECONDS;
  silence.expect(longest);
  try {
    const running = connection.run(checkHeader(script, nonce, named) + script.text, (line) => {
      const told = readCheckLine(line, nonce);
      if (told === undefined || told === 'end' || !open.delete(told.index)) return;
      const { output, errors } = told.result;
      const result = { ...told.result, output: secrets.mask(output), errors: secrets.mask(errors) };
      silence.expect(longest);
      for (const check of script.probes[told.index] ?? []) onAnswer(check, result);
    });
    await Promise.race([running, silence.over]);
  } catch (error) {
    broken = error;
  } finally {
    silence.end();
  }
  const reason = broken instanceof Error ? broken.message : 'the host ended the questions early';
  for (const index of open) {
    for (const check of script.probes[index] ?? []) onAnswer(check, unanswered(reason));
  }
  return broken;
}
