import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const STANDINS = fileURLToPath(new URL('../../lab/standins/', import.meta.url));

/** The folders that become / of the images' applications, with the commands that compose files run in them. */
export const IGNITER = `${STANDINS}igniter/image`;
export const TEMPORAL = `${STANDINS}temporal`;

/** A stand-in running as a child process. Both streams are collected. */
export interface Program {
  output(): string;
  /** Waits for a line in the output. Throws with the output when it ends or ten seconds pass without it. */
  saw(text: string): Promise<void>;
  /** Waits for the end. Throws when it is still running twenty seconds later. */
  ended(): Promise<{ status: number | null; output: string }>;
  signal(name: NodeJS.Signals): void;
}

const running = new Set<ChildProcess>();

/** Ends every program that a test left running. */
export function endPrograms(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts a program with exactly this environment, plus PATH and where Node keeps what it has compiled. */
export function start(
  folder: string,
  [command, ...args]: string[],
  environment: Record<string, string | undefined> = {},
): Program {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, ...environment };
  const child = spawn(command as string, args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const take = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const closed = new Promise<{ status: number | null; output: string }>((resolve) => {
    child.once('close', (status) => {
      running.delete(child);
      resolve({ status, output });
    });
  });
  const saw = async (text: string) => {
    const deadline = Date.now() + 30_000;
    while (!output.includes(text)) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`no '${text}' in: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const ended = async () => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
    const result = await closed;
    clearTimeout(timer);
    if (result.status === null) throw new Error(`had to be killed: ${output}`);
    return result;
  };
  return { output: () => output, saw, ended, signal: (name) => void child.kill(name) };
}

/** Runs a program to its end. */
export function run(
  folder: string,
  command: string[],
  environment: Record<string, string | undefined> = {},
): Promise<{ status: number | null; output: string }> {
  return start(folder, command, environment).ended();
}
