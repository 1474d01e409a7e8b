import type { Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import type { Shell } from '../shell.ts';
import { type Connection, openConnection } from './connection.ts';
import { excerpt } from './excerpt.ts';
import { within } from './silence.ts';

/** The exit status of a script that was asked to end early, as `$POCKET_STOP` says. */
const STOPPED = 130;

/**
 * Runs shell on a host and returns what it printed, at most 1 MiB.
 * @throws UserError with what it printed when it fails; with exit code 130 when it was asked to end early, and with 4 when it
 * does not end.
 */
export type Visit = (host: Host, script: Shell) => Promise<string>;

/**
 * Short errands to hosts, beside whatever else a deploy does there, also to hosts that the deploy leaves alone: over
 * sessions of their own, one errand at a time on each host.
 */
export class Visits {
  readonly #sshConfig: string;
  readonly #open = new Map<Host, Promise<Connection>>();
  readonly #last = new Map<Host, Promise<unknown>>();

  constructor(sshConfig: string) {
    this.#sshConfig = sshConfig;
  }

  readonly visit: Visit = (host, script) => {
    const before = this.#last.get(host) ?? Promise.resolve();
    const errand = before.catch(() => {}).then(() => this.#run(host, script));
    this.#last.set(host, errand);
    return errand;
  };

  /** Asks the errands under way to end early. */
  stop(): void {
    for (const opening of this.#open.values()) {
      opening.then(
        (connection) => connection.stop(),
        () => {},
      );
    }
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    await Promise.all(
      opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)),
    );
  }

  async #run(host: Host, script: Shell): Promise<string> {
    const opening = this.#open.get(host) ?? openConnection(host, this.#sshConfig);
    this.#open.set(host, opening);
    try {
      return await this.#runOver(await opening, script);
    } catch (error) {
      // The next errand may reach it again.
      if (error instanceof UserError && error.exitCode === EXIT.unreachable) this.#forget(host);
      throw error;
    }
  }

  #forget(host: Host): void {
    this.#open.get(host)?.then(
      (connection) => connection.close(),
      () => {},
    );
    this.#open.delete(host);
  }

  async #runOver(connection: Connection, script: Shell): Promise<string> {
    const { host } = connection;
    const lines: string[] = [];
    let size = 0;
    const running = connection.run(`exec 2>&1\nset -eu\n${script.text}\n`, (line) => {
      size += line.length + 1;
      if (size < LARGEST) lines.push(line);
    });
    const status = await within(host.name, LONGEST_SECONDS, running);
    const text = lines.join('\n');
    if (status === STOPPED) throw new UserError(`${host.name}: interrupted`, EXIT.interrupted);
    if (status !== 0) throw new UserError(`${host.name}: ${excerpt(text) || `exit ${status}`}`);
    return text;
  }
}

const LARGEST = 1024 * 1024;
/** More than any errand waits for: the answers to the last relays over a stream are given ten minutes. */
const LONGEST_SECONDS = 900;
