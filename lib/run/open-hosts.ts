import type { Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { type Connection, openConnection } from './connection.ts';

/** What has to be done on every host before the first is changed. */
export interface Opening {
  sshConfig: string;
  /** Told when a host is connected. */
  onConnected(connection: Connection): void;
  /** Takes the host for this run. Throws UserError when somebody else has it. */
  lock(connection: Connection): Promise<void>;
  /** Returns what is in the way on the host. */
  preflight(connection: Connection): Promise<string[]>;
}

/**
 * Connects to hosts side by side, takes their locks and asks the preflight's questions. The host that comes first by
 * name is locked before all others, or the next where it cannot be reached: of two runs that want the same hosts, one
 * gets them all.
 * @returns for each host its connection, or an error with what is in the way.
 */
export async function openHosts(
  hosts: readonly Host[],
  opening: Opening,
): Promise<Map<Host, Connection | UserError>> {
  const sorted = hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const order = new LockOrder(sorted.length);
  const connections = await Promise.all(
    sorted.map((host, index) => settled(open(host, index, order, opening))),
  );
  return new Map(sorted.map((host, index) => [host, connections[index]!]));
}

async function open(
  host: Host,
  index: number,
  order: LockOrder,
  opening: Opening,
): Promise<Connection> {
  try {
    const connection = await connect(host, opening);
    return await orClosed(connection, async () => {
      await order.inTurn(index, () => opening.lock(connection));
      return opening.preflight(connection);
    });
  } finally {
    order.passes(index);
  }
}

/** How long the run that has the first host is given to take its others before this one tries them. */
const HEAD_START_MILLISECONDS = 5000;

/** Which host is locked first: the first of those that can be, and when the others may be. */
class LockOrder {
  readonly #led = Promise.withResolvers<void>();
  readonly #passed: PromiseWithResolvers<void>[];

  constructor(hosts: number) {
    this.#passed = Array.from({ length: hosts }, () => Promise.withResolvers<void>());
  }

  /** Says that a host is out of the way: it is locked, or never will be. */
  passes(index: number): void {
    this.#passed[index]?.resolve();
  }

  /**
   * Takes a lock when it is the host's turn. Another run that has the first host most likely wants the others, too, and
   * gets them; the word of one host alone cannot keep this run from all others.
   */
  async inTurn(index: number, lock: () => Promise<void>): Promise<void> {
    const earlier = this.#passed.slice(0, index).map(({ promise }) => promise);
    await Promise.race([this.#led.promise, Promise.all(earlier)]);
    try {
      await lock();
      this.#led.resolve();
    } catch (error) {
      const others = index + 1 < this.#passed.length;
      if (others && error instanceof UserError && error.exitCode === EXIT.locked) {
        setTimeout(() => this.#led.resolve(), HEAD_START_MILLISECONDS);
        await this.#led.promise;
      }
      throw error;
    }
  }
}

async function connect(host: Host, opening: Opening): Promise<Connection> {
  const connection = await openConnection(host, opening.sshConfig);
  opening.onConnected(connection);
  return connection;
}

/** The connection, unless there are problems or a failure: then it is closed. */
async function orClosed(
  connection: Connection,
  work: () => Promise<string[]>,
): Promise<Connection> {
  try {
    const problems = await work();
    if (problems.length === 0) return connection;
    const { name } = connection.host;
    throw new UserError(problems.map((problem) => `${name}: ${problem}`).join('\n'));
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** A failure that is the user's to mend, as a value; any other is thrown. */
function settled<T>(work: Promise<T>): Promise<T | UserError> {
  return work.catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
}
