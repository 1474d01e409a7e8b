import { lookup } from 'node:dns/promises';
import { dial } from '../probes/dial.ts';
import type { OwnCheck } from '../validation/check.ts';
import { skip } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { firewallFix, reachVerdict } from './neighbours.ts';
import { closedTo, doorsOf } from './reach.ts';

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
        const doors = addresses.flatMap(({ address }) => doorsOf(host, address, ports));
        const dialled = await Promise.all(
          doors.map(async (door) => ({ door, answer: await dial(door.address, door.port) })),
        );
        return reachVerdict(deployment, dialled, 'this machine');
      },
    },
  ];
}
