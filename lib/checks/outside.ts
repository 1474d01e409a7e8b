import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { OwnCheck } from '../validation/check.ts';
import { skip } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { firewallFix, reachVerdict } from './neighbours.ts';
import { closedTo, type Door } from './reach.ts';

const MILLISECONDS = 2000;

/** What a host answers this machine at, where ssh finds it: no port that is closed to it may answer. */
export function outsideChecks({ deployment, host }: CheckContext): OwnCheck[] {
  if (host.local) return [];
  const me = deployment.hosts.find(({ local }) => local);
  const ports = closedTo(me, deployment, host);
  return [
    {
      id: 'exposure.outside',
      group: 'exposure',
      severity: 'critical',
      title: 'It answers this machine only where it has to',
      host,
      fix: firewallFix(deployment, [host]),
      ask: async () => {
        // What ssh alone knows, such as an alias, cannot be looked up.
        const addresses = await lookup(host.address, { all: true }).catch(() => []);
        if (addresses.length === 0) return skip(`${host.address} cannot be looked up from here`);
        const doors = addresses.flatMap(({ address }) =>
          ports.map((port): Door => ({ host: host.name, address, port })),
        );
        const answering = await Promise.all(doors.map(answers));
        const open = doors.filter((_, index) => answering[index]);
        return reachVerdict(deployment, open, doors.length);
      },
    },
  ];
}

function answers({ address, port }: Door): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: MILLISECONDS });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
