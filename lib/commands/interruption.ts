import { EXIT } from '../exit-codes.ts';
import type { Terminal } from './listeners.ts';

/** What ends a run in order: Ctrl-C, `kill`, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborted by the first of these signals: hosts then end after their step in hand. A second one does not wait for that.
 * (Node forgets what `nohup` has said, so a hang-up counts under it, too.)
 */
export function interruption(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    process.removeAllListeners(name);
    process.on(name, () => {
      if (controller.signal.aborted) {
        // A terminal that is closed says so twice: by itself, and through its shell.
        if (name !== 'SIGHUP') process.exit(EXIT.interrupted);
        return;
      }
      controller.abort();
      terminal.err('\nEnding after the steps in hand; Ctrl-C again to leave at once.\n');
    });
  }
  return controller.signal;
}
