import { Shell } from '../../../lib/shell.ts';
import type { Check, ProbeResult } from '../../../lib/validation/check.ts';

/** The checks with their probes sent to the ports at which a test's servers listen on loopback. */
export function moved(checks: readonly Check[], ports: Record<number, number>): Check[] {
  return checks.map((check) => {
    const text = Object.entries(ports).reduce(
      (probe, [from, to]) =>
        probe.replace(new RegExp(`127\\.0\\.0\\.1([:/])${from}\\b`, 'g'), `127.0.0.1$1${to}`),
      check.probe.text,
    );
    return { ...check, probe: new Shell(text) };
  });
}

/** The answer of a probe that succeeded with this output. */
export function answered(output: string, more: Partial<ProbeResult> = {}): ProbeResult {
  return { ran: true, status: 0, output, errors: '', milliseconds: 1, ...more };
}
