import type { Deployment, Host } from '../deployment.ts';
import { hostPort } from '../endpoints.ts';
import { PORTS, type PortName } from '../ports.ts';
import { images } from './images.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, table } from './markdown.ts';

/** What runs where, and who may reach it. */
export function hosts(input: ReportInput): string {
  const { deployment } = input;
  return blocks(
    '## Hosts, and what runs where',
    table(
      ['Host', 'Address', 'Roles'],
      deployment.hosts.map((host) => [
        code(host.name),
        addresses(host),
        rolesInForce(deployment, host).join(', '),
      ]),
    ),
    images(input),
    table(['Host', 'Port', 'What', 'Listens at', 'Who reaches it'], published(deployment)),
    'What listens at `127.0.0.1` only is reached through ssh, or not at all.',
  );
}

/** A firewall that is switched off is a role that takes itself away. */
function rolesInForce({ profile }: Deployment, { roles }: Host) {
  return profile.firewall.enabled ? roles : roles.filter((role) => role !== 'firewall');
}

function addresses({ address, privateAddress, local }: Host): string {
  if (local) return 'this machine';
  const private_ = privateAddress !== undefined && privateAddress !== address;
  return code(address) + (private_ ? `, private ${code(privateAddress)}` : '');
}

function published(deployment: Deployment): string[][] {
  return deployment.hosts.flatMap((host) =>
    (Object.keys(PORTS) as PortName[])
      .filter((service) => deployment.publishers(service).includes(host))
      .map((service) => {
        const { port } = PORTS[service];
        const at = deployment
          .bindAddresses(service, host)
          .map((one) => hostPort({ host: one, port }));
        const { who, why } = reachedBy(deployment, host, service);
        return [code(host.name), code(port), `${service}${why}`, at.map(code).join(', '), who];
      }),
  );
}

function reachedBy(deployment: Deployment, host: Host, service: PortName) {
  const arrows = deployment.connections.filter(
    (one) => one.service === service && one.to === host.name,
  );
  const others = [...new Set(arrows.map(({ from }) => from))].filter((from) => from !== host.name);
  const who = others.map((from) => (from === 'internet' ? 'everyone' : code(from)));
  const purposes = [...new Set(arrows.map(({ purpose }) => purpose))];
  return {
    who: who.length > 0 ? who.join(', ') : 'this host only',
    why: purposes.length > 0 ? `: ${purposes.join('; ')}` : '',
  };
}
