import { connect } from 'node:net';

const MILLISECONDS = 2000;

/** What comes back when a port is dialled: the connection, a refusal by whoever is there, or nothing. */
export type DialAnswer = 'open' | 'refused' | 'silent';

/** Dials a port from this machine, for two seconds at most. */
export function dial(address: string, port: number): Promise<DialAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: MILLISECONDS });
    const settle = (answer: DialAnswer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle('open'));
    socket.once('timeout', () => settle('silent'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      settle(code === 'ECONNREFUSED' ? 'refused' : 'silent'),
    );
  });
}
