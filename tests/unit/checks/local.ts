import { spawn } from 'node:child_process';
import type { Connection } from '../../../lib/run/connection.ts';
import { splitLines } from '../../../lib/run/lines.ts';

/** How a script is run on this machine. */
export interface LocalOptions {
  /** Words before `bash`, such as those that make a network of its own. */
  words?: readonly string[];
  environment?: Record<string, string>;
}

/** Runs scripts on this machine as a connection runs them on a host: a script's standard input is used up. */
export function localShell(options: LocalOptions = {}): Pick<Connection, 'run' | 'close'> {
  const { words = [], environment = {} } = options;
  return {
    run: (script, onLine) => {
      const [program = 'bash', ...rest] = [...words, 'bash', '-c', 'eval "$(cat)"'];
      const child = spawn(program, rest, {
        env: { ...process.env, ...environment },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      splitLines(child.stdout, onLine);
      child.stdin.end(script);
      return new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    },
    close: async () => {},
  };
}

/** Words that give a command a network with nothing in it but its own loopback, where this machine allows it. */
export const OWN_NETWORK = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--net',
  'bash',
  '-c',
  'ip link set lo up && exec "$@"',
  'own-network',
];
