import { docker } from './docker.ts';
import { ADDRESS_LABEL, ensureNetwork, RUN_LABEL, takenAddresses } from './network.ts';

/**
 * The container's first process: gives the host a key of its own, makes its control groups writable, starts systemd.
 * The groups are private, so that inner containers live below the host's: pausing and limits reach them, and nothing stays behind.
 */
const INIT = `set -e
[ -f /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
findmnt -rno TARGET -t cgroup,cgroup2 | while read -r mount; do mount -o remount,bind,rw "$mount"; done
exec /sbin/init "$@"`;
const CGROUP_V1 = ['SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1', 'systemd.unified_cgroup_hierarchy=0'];
const CONTAINER = [
  ...['--pull', 'never', '--stop-signal', 'SIGRTMIN+3', '--cgroupns=private'],
  // A machine that is itself a guest may lack SYS_RESOURCE, and then no container can be given it.
  ...['--cap-add=ALL', '--cap-drop=SYS_RESOURCE', '--device-cgroup-rule=a *:* rwm'],
  ...['seccomp', 'apparmor', 'systempaths'].flatMap((name) => [
    '--security-opt',
    `${name}=unconfined`,
  ]),
  ...['--tmpfs', '/run', '--tmpfs', '/run/lock', '--volume', '/var/lib/docker'],
];

/** What a host's container is started from. */
export type ContainerSpec = {
  run: string;
  container: string;
  hostname: string;
  image: string;
  memory?: string | undefined;
  processor?: number | undefined;
};

/** Starts the container of a host in its run's network and returns the fixed address it was given. */
export async function runContainer(spec: ContainerSpec): Promise<string> {
  const network = await ensureNetwork(spec.run);
  const version = await docker('info', '--format', '{{.CgroupVersion}}');
  for (let attempt = 0; attempt < 20; attempt++) {
    const taken = await takenAddresses(network);
    const last = [...Array(240).keys()].find(
      (index) => !taken.has(`${network.prefix}.${index + 10}`),
    );
    if (last === undefined) throw new Error(`the network ${network.name} has no free address`);
    const address = `${network.prefix}.${last + 10}`;
    await docker(
      ...['create', '--name', spec.container, '--hostname', spec.hostname],
      ...['--network', network.name, '--network-alias', spec.hostname, '--ip', address],
      ...['--label', `${RUN_LABEL}=${spec.run}`, '--label', `${ADDRESS_LABEL}=${address}`],
      ...(spec.memory ? ['--memory', spec.memory] : []),
      ...(spec.processor === undefined ? [] : ['--cpuset-cpus', `${spec.processor}`]),
      ...CONTAINER,
      ...[spec.image, '/bin/sh', '-c', INIT, 'init', ...(version === '1' ? CGROUP_V1 : [])],
    );
    try {
      await docker('start', spec.container);
      return address;
    } catch (error) {
      await docker('rm', '--force', '--volumes', spec.container);
      // Hosts that start side by side may pick the same address; Docker refuses all but one of them.
      if (!/Address already in use/i.test(String(error))) throw error;
    }
  }
  throw new Error(`no address in ${network.name} could be taken after 20 attempts`);
}
