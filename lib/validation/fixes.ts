import type { Deployment } from '../deployment.ts';
import type { Host } from '../hosts.ts';
import type { RoleName } from '../profile/roles.ts';
import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';

/** The command that runs one role on one host again. */
export function rerun(deployment: Deployment, role: RoleName, host: Host): string {
  const { profilePath } = deployment;
  if (profilePath === undefined) return `scripts/${role}.mjs --host ${quote(host.address)}`;
  return `scripts/${role}.mjs --profile ${quote(shortPath(profilePath))} --limit ${host.name}`;
}

/** The command that runs something on a host, as the operator types it. */
export function onHost(deployment: Deployment, host: Host, command: string): string {
  if (host.local) return command;
  const config = quote(shortPath(`${deployment.directory}/ssh_config`));
  return `ssh -F ${config} ${host.name} ${command}`;
}

/** The command that shows what a service logged last. */
export function logs(deployment: Deployment, host: Host, stack: string, service: string): string {
  return onHost(deployment, host, `docker compose -p pocket-${stack} logs --tail 50 ${service}`);
}
