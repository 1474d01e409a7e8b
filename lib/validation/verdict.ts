import type { ProbeResult, Verdict } from './check.ts';

/** It is as it should be. */
export function pass(evidence: string): Verdict {
  return { verdict: 'pass', evidence };
}

/** It works, yet somebody should look at it. */
export function warn(evidence: string, fix?: string): Verdict {
  return { verdict: 'warn', evidence, ...(fix !== undefined && { fix }) };
}

/** It is not as it should be. */
export function fail(evidence: string, fix?: string): Verdict {
  return { verdict: 'fail', evidence, ...(fix !== undefined && { fix }) };
}

/** It could not be told, for this reason. */
export function skip(evidence: string, fix?: string): Verdict {
  return { verdict: 'skip', evidence, ...(fix !== undefined && { fix }) };
}

/** What a shell, curl and psql say of themselves before they say what is wrong. */
const PREFACE =
  /^\S+: line \d+: |^curl: |^psql: error: (?:connection to server at .+?, port \d+ failed: )?/;

/** How the line of curl and psql begins that says what is wrong; advice may follow it. */
const ERROR = /^(?:curl: \(\d+\)|psql: error:) /;

/** What a probe that ended with an error said, on one line: its last words, else its exit status. */
export function lastWords(result: ProbeResult): string {
  const lines = result.errors.trim().split('\n');
  const line = lines.findLast((one) => ERROR.test(one)) ?? lines.at(-1) ?? '';
  return excerpt(inSeconds(line.replace(PREFACE, ''))) || `exit status ${result.status}`;
}

/** What curl says in milliseconds, so that the same error of several probes has the same words. */
function inSeconds(line: string): string {
  return line.replace(/\bafter (\d+) (?:ms|milliseconds)\b/, (_, milliseconds) => {
    return `after ${Math.round(Number(milliseconds) / 1000)} s`;
  });
}

/** The hosts whose probes ended with an error. */
export function silentIn(results: ReadonlyMap<string, ProbeResult>): string[] {
  return [...results].filter(([, { status }]) => status !== 0).map(([host]) => host);
}

/** Text of somebody else's, fit for a line of evidence: on one line, without control characters, at most 120 long. */
export function excerpt(text: string): string {
  const line = text.replace(/[\x00-\x1f\x7f\s]+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
