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
 * name is locked before all others: of two runs that want the same hosts, one gets them all.
 * @returns for each host its connection, or an error with what is in the way.
 */
export async function openHosts(
  hosts: readonly Host[],
  opening: Opening,
): Promise<Map<Host, Connection | UserError>> {
  const connecting = new Map(hosts.map((host) => [host, settled(connect(host, opening))]));
  const [first, ...others] = hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const result = new Map<Host, Connection | UserError>();
  const take = async (host: Host) => {
    const connection = (await connecting.get(host)) as Connection | UserError;
    const taken =
      connection instanceof UserError ? connection : await settled(prepare(connection, opening));
    result.set(host, taken);
  };
  if (first) await take(first);
  await Promise.all(others.map(take));
  return result;
}

async function connect(host: Host, opening: Opening): Promise<Connection> {
  const connection = await openConnection(host, opening.sshConfig);
  opening.onConnected(connection);
  return connection;
}

async function prepare(connection: Connection, opening: Opening): Promise<Connection> {
  try {
    await opening.lock(connection);
    const problems = await opening.preflight(connection);
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
