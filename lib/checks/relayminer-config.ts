import { sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { rerun } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

const PROCESSES = [
  ['relayer', 'relay_relayers'],
  ['miner', 'relay_miners'],
] as const;

/**
 * The configurations that the next start will read, judged by the image itself, which opens neither keys nor
 * connections for that (pocket-relay-miner, cmd/cmd_relayer.go, v0.1.x).
 */
export function configChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  return PROCESSES.filter(([, group]) => isIn(context, group)).map(([process]) => ({
    id: `relayminer.${process}-config`,
    group: 'relayminer',
    severity: 'critical',
    title: `The ${process} could start with its configuration`,
    host,
    probe: sh`
      id=$(container relayminer ${process})
      docker exec "$id" pocket-relay-miner ${process} validate --config ${`/config/${process}.yaml`}`,
    timeoutSeconds: 40,
    fix: rerun(deployment, 'relayminer', host),
    judge: configVerdict,
  }));
}

/** Judges the validator's answer: `config OK`, or why not; warnings stand before it, one a line. */
export function configVerdict(result: ProbeResult): Verdict {
  // Of an error in YAML there are more lines, and before v0.1 the usage follows.
  const refusal = /^Error: (.*)/m.exec(result.errors)?.[1];
  if (result.status !== 0) return fail(refusal ? excerpt(refusal) : lastWords(result));
  const lines = result.output.trim().split('\n');
  if (!lines.at(-1)?.startsWith('config OK')) return fail(`it says: ${excerpt(result.output)}`);
  const warnings = lines.filter((line) => line.startsWith('warning:'));
  return warnings.length === 0 ? pass('config OK') : warn(excerpt(warnings.join(' ')));
}
