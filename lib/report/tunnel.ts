import type { Deployment, Host } from '../deployment.ts';
import { PORTS, type PortName } from '../ports.ts';
import { portalUrl } from '../profile/portal-url.ts';
import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** The start of a command that works on a host as the tool does. */
export function ssh(deployment: Deployment, host: Host, options = ''): string {
  const config = quote(shortPath(`${deployment.directory}/ssh_config`));
  return `ssh -F ${config} ${options}${host.name}`;
}

/**
 * The command that brings a port of a host to this machine, and nothing else: it ends at once where it cannot, as when
 * something else has the port here. None for this machine itself.
 */
export function tunnel(
  deployment: Deployment,
  host: Host,
  service: PortName,
  localPort: number = PORTS[service].port,
): string | undefined {
  const { port } = PORTS[service];
  if (host.local) return undefined;
  return ssh(deployment, host, `-N -o ExitOnForwardFailure=yes -L ${localPort}:127.0.0.1:${port} `);
}

/** How the portal is opened. */
export interface Portal {
  /** What to type into the browser, to the letter. */
  url: string;
  /** The command that has to run meanwhile. */
  tunnel?: string;
  /** Whether the URL leads to this machine; otherwise a proxy of the operator's own answers it. */
  throughTunnel: boolean;
}

/** The portal of a deployment's Provider; `undefined` when it has none. */
export function portalOf(deployment: Deployment): Portal | undefined {
  const [host] = deployment.group('provider_hosts');
  if (!host) return undefined;
  const url = portalUrl(deployment.profile);
  const { hostname, port, protocol } = new URL(url);
  if (!LOOPBACK.includes(hostname)) return { url, throughTunnel: false };
  const localPort = Number(port) || (protocol === 'https:' ? 443 : 80);
  const command = tunnel(deployment, host, 'provider-web', localPort);
  return { url, throughTunnel: true, ...(command !== undefined && { tunnel: command }) };
}
