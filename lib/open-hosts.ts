import { type Connection, openConnection } from './connection.ts';
import type { Host } from './deployment.ts';
import { UserError } from './exit-codes.ts';

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
 * name is locked before all others: of two runs that want the same hosts, one gets them all. Meanwhile the others are
 * asked, so that this order costs no time.
 * @returns for each host its connection, or an error with what is in the way.
 */
export async function openHosts(
  hosts: readonly Host[],
  opening: Opening,
): Promise<Map<Host, Connection | UserError>> {
  const sorted = hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const { promise: firstIsLocked, resolve: go } = Promise.withResolvers<void>();
  const open = async (host: Host) => {
    const connection = await connect(host, opening);
    return host === sorted[0]
      ? prepareFirst(connection, opening, go)
      : prepare(connection, opening, firstIsLocked);
  };
  const opened = sorted.map((host) => settled(open(host)));
  // Where the first cannot be locked, the others are not kept waiting.
  opened[0]?.then(() => go(), go);
  const connections = await Promise.all(opened);
  return new Map(sorted.map((host, index) => [host, connections[index]!]));
}

async function connect(host: Host, opening: Opening): Promise<Connection> {
  const connection = await openConnection(host, opening.sshConfig);
  opening.onConnected(connection);
  return connection;
}

/** @param locked called once the host is locked, before it is asked anything */
async function prepareFirst(connection: Connection, opening: Opening, locked: () => void) {
  return orClosed(connection, async () => {
    await opening.lock(connection);
    locked();
    return opening.preflight(connection);
  });
}

/** @param turn when the host may be locked */
async function prepare(connection: Connection, opening: Opening, turn: Promise<void>) {
  return orClosed(connection, async () => {
    const problems = await opening.preflight(connection);
    await turn;
    await opening.lock(connection);
    return problems;
  });
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
