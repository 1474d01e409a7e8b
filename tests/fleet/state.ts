import type { Host } from './hosts.ts';

/** The containers of every stack on a host, by the stack's name, each as "service id". */
export async function containersByStack(host: Host): Promise<Record<string, string[]>> {
  const label = 'com.docker.compose';
  const format = `{{.Label "${label}.project"}} {{.Label "${label}.service"}} {{.ID}}`;
  const { stdout } = await host.exec(
    `docker ps --all --no-trunc --filter label=${label}.project --format '${format}' | sort`,
  );
  const stacks: Record<string, string[]> = {};
  for (const line of stdout.trim().split('\n')) {
    const [project = '', service, id] = line.split(' ');
    const name = project.replace(/^pocket-/, '');
    stacks[name] = [...(stacks[name] ?? []), `${service} ${id}`];
  }
  return stacks;
}

/** The stacks of which some container is not the one it was before. */
export function remade(
  before: Record<string, string[]>,
  after: Record<string, string[]>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.filter((name) => `${before[name]}` !== `${after[name]}`);
}

/**
 * Everything on a host that a deploy could change, one fact a line: each path with type, mode, owner, size, times and
 * link target, the hash of what is configured, and what Docker has. Left out are logs, which every login writes,
 * /run, which goes with every boot, and the times of /tmp itself, where health checks come and go. (Docker's own
 * directory is a mount and so not gone into; its commands speak for it.)
 */
export async function snapshot(host: Host): Promise<string[]> {
  const { stdout } = await host.exec(`{
    find / -xdev '(' -path /var/log -o -path /run ')' -prune -o -path /tmp -o -printf '%p %y %m %U:%G %s %T@ %C@ %l\\n' | sort
    find /etc /opt /usr/local /root /home /var/lib -xdev -type f -exec sha256sum {} + | sort
    if command -v docker >/dev/null; then
      docker ps --all --no-trunc --format 'container {{.ID}} {{.Names}} {{.State}}'
      docker volume ls --format 'volume {{.Name}}'
      docker network ls --no-trunc --format 'network {{.ID}} {{.Name}}'
      docker images --all --no-trunc --format 'image {{.ID}} {{.Repository}}:{{.Tag}}'
    fi
  } | cat -v`); // names in any script, which arrive in pieces, as ASCII

  return stdout.trimEnd().split('\n');
}

/** The facts that are in one snapshot only. */
export function differences(before: string[], after: string[]): string[] {
  const was = new Set(before);
  const is = new Set(after);
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ];
}
