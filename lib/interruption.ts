import { readFileSync } from 'node:fs';
import { EXIT } from './exit-codes.ts';
import type { Terminal } from './listeners.ts';

/** What ends a run in order: Ctrl-C, `kill`, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborted by the first of these signals: hosts then end after their step in hand. A second one does not wait for that.
 * A hang-up is ignored where `nohup` has said so.
 */
export function interruption(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    process.removeAllListeners(name);
    if (name === 'SIGHUP' && hangUpIsIgnored()) continue;
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted);
      controller.abort();
      terminal.err('\nEnding after the steps in hand; Ctrl-C again to leave at once.\n');
    });
  }
  return controller.signal;
}

/** Whether this process was started by `nohup`. Only Linux tells. */
function hangUpIsIgnored(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
