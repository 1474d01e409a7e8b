import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quote } from '../../lib/shell.ts';
import { ROOT } from '../lab/paths.ts';

/** A script of the project that is running. */
export interface Running {
  child: ChildProcess;
  /** What it has printed so far, both streams. */
  said(): string;
  /** Waits until it has printed this, for at most the given seconds. Throws with what it printed instead. */
  says(pattern: RegExp, seconds?: number): Promise<void>;
  /** Its exit code, or the name of the signal that ended it. */
  ended: Promise<number | string>;
}

/**
 * Starts a script of the project as an operator would, with a home and SSH connections of its own.
 * @param options.machine the name of the machine that it is to take this one for
 * @param options.terminal whether it has a terminal of its own, at which what is written to the child is typed
 */
export function startScript(
  home: string,
  words: readonly string[],
  options: { terminal?: boolean; machine?: string } = {},
): Running {
  const [script = '', ...rest] = words;
  const command = [process.execPath, join(ROOT, 'scripts', `${script}.mjs`), ...rest];
  const typed = ['--quiet', '--return', '--command', command.map(quote).join(' '), '/dev/null'];
  const named = ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"'];
  const there = options.machine ? [...named, options.machine, ...command] : command;
  const [program = '', ...all] = options.terminal ? ['script', ...typed] : there;
  const child = spawn(program, all, {
    env: {
      ...process.env,
      POCKET_AUTOMATIONS_HOME: home,
      XDG_RUNTIME_DIR: join(home, 'run'),
      HOME: home,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 600_000,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (status, signal) => resolve(status ?? signal ?? 'unknown')),
  );
  let over = false;
  ended.then(() => {
    over = true;
  });
  return {
    child,
    said: () => output,
    says: async (pattern, seconds = 60) => {
      const deadline = Date.now() + seconds * 1000;
      while (!pattern.test(output)) {
        if (over || Date.now() > deadline) throw new Error(`never said ${pattern}:\n${output}`);
        await sleep(20);
      }
    },
    ended,
  };
}

/** The ssh processes, masters included, that belong to a home: their arguments name its control sockets. */
export function sshProcesses(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return command.startsWith('ssh') && command.includes(join(home, 'run'));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The process that started a process; `undefined` where that has ended by itself. */
export function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** Kills processes. One may have ended by itself meanwhile, as a session does whose shared connection was killed first. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
