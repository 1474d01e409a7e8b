import type { Deployment } from '../deployment.ts';
import { becomeRoot, type Host } from '../hosts.ts';
import type { RoleName } from '../profile/roles.ts';
import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import { containerOf, type ServiceName, STACK_SERVICES } from '../stack-services.ts';
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

/** The command that runs something as root on a host, as the operator types it. */
export function onHost(deployment: Deployment, host: Host, command: string): string {
  const asRoot = `${becomeRoot(host)}${command}`;
  if (host.local) return asRoot;
  const config = quote(shortPath(`${deployment.directory}/ssh_config`));
  return `ssh -F ${config} ${host.name} ${asRoot}`;
}

/** The command that shows what services of one stack logged last. */
export function logs(
  deployment: Deployment,
  host: Host,
  ...services: readonly ServiceName[]
): string {
  const { stack } = STACK_SERVICES[services[0]!];
  const command = `docker compose -p pocket-${stack} logs --tail 50 ${services.join(' ')}`;
  return onHost(deployment, host, command);
}

/** The command that restarts services. */
export function restart(
  deployment: Deployment,
  host: Host,
  ...services: readonly ServiceName[]
): string {
  return onHost(deployment, host, `docker restart ${services.map(containerOf).join(' ')}`);
}

/**
 * The commands that mend services of one stack, whatever has become of them: the role mends files and containers that
 * somebody has changed, stopped or paused; a restart, what a process was told or has come to; and the log tells why.
 */
export function mend(
  deployment: Deployment,
  on: Host | readonly Host[],
  ...services: readonly ServiceName[]
): string {
  const hosts = [on].flat();
  const onEach = (command: typeof logs) =>
    hosts.map((host) => command(deployment, host, ...services)).join(' && ');
  return [
    rerun(deployment, STACK_SERVICES[services[0]!].role, ...hosts),
    `if that changes nothing: ${onEach(restart)}`,
    `why it is so: ${onEach(logs)}`,
  ].join('; ');
}

/** What to do where a host does not reach the Redis of the relays. */
export function wayToRedis(deployment: Deployment, host: Host): string {
  const servers = deployment.group('redis_hosts');
  if (servers.length === 0)
    return `redis_url in the profile (now ${deployment.profile.redis_url}), or who may reach that Redis`;
  const server = mend(deployment, servers, 'redis');
  const others = servers.filter((one) => one !== host).map(({ name }) => name);
  return others.length === 0 ? server : `${server}; else: ${between(host, others.join(', '))}`;
}

/** What to look for where a host does not reach a service that answers others. */
export function between(host: Host, service: string): string {
  return `what keeps ${host.name} from ${service}, such as a firewall between them`;
}
