import type { Deployment } from '../deployment.ts';
import type { Host } from '../hosts.ts';
import type { RoleName } from '../profile/roles.ts';
import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import type { CheckGroup } from './check.ts';

/** The command that runs one role again: on these hosts, or on all that have it. */
export function rerun(deployment: Deployment, role: RoleName, ...hosts: readonly Host[]): string {
  const script = `scripts/${role}.mjs`;
  if (deployment.profilePath === undefined)
    return `${script} --host ${quote((hosts[0] ?? deployment.hosts[0]!).address)}`;
  const limit = hosts.length > 0 ? ` --limit ${hosts.map(({ name }) => name).join(',')}` : '';
  return `${script}${profileOption(deployment)}${limit}`;
}

/** The command that asks a group of checks alone. */
export function ask(deployment: Deployment, group: CheckGroup): string {
  return `scripts/validate.mjs${profileOption(deployment)} --only ${group}`;
}

function profileOption({ profilePath }: Deployment): string {
  return profilePath === undefined ? '' : ` --profile ${quote(shortPath(profilePath))}`;
}

/** The command that runs something on a host, as the operator types it. */
export function onHost(deployment: Deployment, host: Host, command: string): string {
  if (host.local) return command;
  const config = quote(shortPath(`${deployment.directory}/ssh_config`));
  return `ssh -F ${config} ${host.name} ${command}`;
}

/** The command that shows what services of a stack logged last. */
export function logs(
  deployment: Deployment,
  host: Host,
  stack: string,
  ...services: readonly string[]
): string {
  const names = services.join(' ');
  return onHost(deployment, host, `docker compose -p pocket-${stack} logs --tail 50 ${names}`);
}

/** The command that restarts services of a stack. */
export function restart(
  deployment: Deployment,
  host: Host,
  stack: string,
  ...services: readonly string[]
): string {
  const containers = services.map((service) => `pocket-${stack}-${service}-1`);
  return onHost(deployment, host, `docker restart ${containers.join(' ')}`);
}

/** Services of one stack, and the role that makes it. */
interface Services {
  role: RoleName;
  /** Where absent, it is called as the role is. */
  stack?: string;
  services: readonly string[];
}

/**
 * The commands that mend services of hosts, whatever has become of them: the role mends files and containers that
 * somebody has changed, stopped or paused; a restart, what a process was told or has come to; and the log tells why.
 */
export function mend(deployment: Deployment, on: Host | readonly Host[], what: Services): string {
  const { role, stack = role, services } = what;
  const hosts = [on].flat();
  const onEach = (command: typeof restart) =>
    hosts.map((host) => command(deployment, host, stack, ...services)).join(' && ');
  return [
    rerun(deployment, role, ...hosts),
    `if that changes nothing: ${onEach(restart)}`,
    `why it is so: ${onEach(logs)}`,
  ].join('; ');
}
