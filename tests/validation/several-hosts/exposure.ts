import { PORTS, type PortName } from '../../../lib/ports.ts';
import { again, ends, listens, OWN_ADDRESS, shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';

/** An address of documentation (RFC 5737), which the host gets besides its own. */
const OTHER = '198.51.100.9';

/** Somebody listens at a private port of a host, at an address that is not the private one. */
const open = (name: PortName, host: string): Breakage => ({
  check: `exposure.${name}`,
  host,
  breaks: [
    shell(`ip address add ${OTHER}/32 dev eth0`, host),
    listens('break-port', { address: OTHER, ports: [PORTS[name].port], on: host }),
  ],
  evidence: /it listens at 198\.51\.100\.9; wanted: /,
  fix: new RegExp(`scripts/${PORTS[name].role}\\.mjs .*--limit ${host}; .*, who listens there: `),
  mends: [ends('break-port', host), shell(`ip address del ${OTHER}/32 dev eth0`, host)],
  only: ['exposure'],
});

export const BREAKAGES: readonly Breakage[] = [
  open('sentinel', 'spare'),
  open('middleman-web', 'portal'),
  {
    check: 'exposure.neighbours',
    host: 'portal',
    breaks: [
      listens('break-port', {
        address: OWN_ADDRESS,
        ports: [PORTS['provider-web'].port],
        on: 'node',
      }),
      shell('nft delete table inet pocket_automations', 'node'),
    ],
    evidence: /^node answers at .*\b3001\b/,
    fix: /scripts\/firewall\.mjs .*--limit node,spare/,
    mends: [again('firewall', 'node'), ends('break-port', 'node')],
    alsoFails: [
      'exposure.neighbours',
      'exposure.outside',
      'exposure.firewall',
      'exposure.provider-web',
    ],
    only: ['exposure'],
  },
];
