import { inspect } from 'node:util';
import { EXIT, UserError } from '../exit-codes.ts';
import { ProfileError } from '../profile/problem.ts';
import { processTerminal, type Terminal } from './listeners.ts';
import { type Given, helpText, type Options, parseOptions } from './options.ts';

/** A script's main part, once its options are parsed. */
export interface Command<Table extends Options> {
  /** How it is called: `scripts/deploy.mjs`. */
  script: string;
  /** What it does, in a sentence or two, for `--help`. */
  summary: string;
  options: Table;
  /** Arguments of good calls, the most common first. */
  examples: readonly string[];
  /** The exit code of a defect of ours; 1 where absent. */
  defect?: number;
  /** Does the work; returns the exit code. */
  run(given: Given<Table>, terminal: Terminal): Promise<number>;
}

/**
 * Runs a script's command with this process's arguments. Sets the exit code; what a person can mend is told in words,
 * and only a defect of ours shows a stack trace.
 */
export async function runCommand<Table extends Options>(command: Command<Table>): Promise<void> {
  const { script, summary, options, examples, defect = EXIT.failed } = command;
  const words = process.argv.slice(2);
  // Whoever reads may leave first, or the terminal be closed: the run still ends in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const terminal = processTerminal({ verbose: words.includes('--verbose') });
  process.once('SIGINT', () => {
    terminal.err(
      '\nInterrupted. The step in hand ends on its host; running the same command again goes on from there.\n',
    );
    process.exit(EXIT.interrupted);
  });
  process.once('uncaughtException', (error) => {
    terminal.err(`${inspect(error)}\n`);
    process.exit(defect);
  });
  try {
    if (words.includes('--help')) {
      terminal.out(helpText(script, summary, options, examples));
      return;
    }
    process.exitCode = await command.run(parseOptions(options, words), terminal);
  } catch (error) {
    if (error instanceof UserError) {
      terminal.err(`${error.message}\n`);
      process.exitCode = error.exitCode;
    } else if (error instanceof ProfileError) {
      terminal.err(`${error.message}\n`);
      process.exitCode = EXIT.usage;
    } else throw error;
  }
}
