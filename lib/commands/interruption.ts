import { EXIT } from '../exit-codes.ts';
import type { Terminal } from './listeners.ts';

/** What ends a run in order: Ctrl-C, `kill`, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * How late a signal may be that an older Node passes on to this one, which has already had it where it was sent to both, as
 * a terminal does (lib/index.mjs). Whoever wants to leave at once needs longer to read how.
 */
const FORWARDED_MILLISECONDS = 1000;

/**
 * Aborted by the first of these signals: hosts then end after their step in hand. A second one does not wait for that.
 * (Node forgets what `nohup` has said, so a hang-up counts under it, too.)
 */
export function interruption(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  const isForwarded = process.env.POCKET_FORWARDED_BY === String(process.ppid);
  let firstAt = 0;
  for (const name of SIGNALS) {
    process.removeAllListeners(name);
    process.on(name, () => {
      if (controller.signal.aborted) {
        const isSame = isForwarded && performance.now() - firstAt < FORWARDED_MILLISECONDS;
        // A terminal that is closed says so twice: by itself, and through its shell.
        if (name !== 'SIGHUP' && !isSame) process.exit(EXIT.interrupted);
        return;
      }
      firstAt = performance.now();
      controller.abort();
      terminal.err('\nEnding after the steps in hand; Ctrl-C again to leave at once.\n');
    });
  }
  return controller.signal;
}
