import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { generatePrivateKey } from '../../lib/secrets/keys.ts';
import { cachePath } from '../fleet/cache.ts';
import { findHost, type Host, startHost } from '../fleet/hosts.ts';
import { UNDO } from './content.ts';

/** The label of everything Docker runs for the benchmark. */
export const RUN = 'pocket-bench';

/** A file of the benchmark, below `.cache/bench/`. */
export const bench = (...names: string[]) => cachePath('bench', ...names);

/** Where the benchmark's deployments are kept. */
export const HOME = bench('home');

/** Where a contender finds the hosts: at their own addresses, or at the far ends of slow lines. */
export interface Fleet {
  /** Told apart by it: `10`, `10-slow`. */
  name: string;
  hosts: { name: string; address: string; identityFile: string }[];
}

/** Starts as many hosts as asked for, or finds them running: `h01`, `h02`, … */
export async function startHosts(count: number): Promise<Host[]> {
  allowWatches(count);
  const names = Array.from(
    { length: count },
    (_, index) => `h${String(index + 1).padStart(2, '0')}`,
  );
  const hosts: Host[] = [];
  for (const name of names) {
    const found = await findHost(name, RUN);
    hosts.push(found ?? (await startHost({ name, run: RUN, variant: 'python' })));
  }
  return hosts;
}

const WATCHES = '/proc/sys/fs/inotify/max_user_instances';

/** The systemd of each host watches with about five of what a kernel gives all of them 128 of, as it comes. */
function allowWatches(hosts: number): void {
  const needed = 8 * hosts;
  if (Number(readFileSync(WATCHES, 'utf8')) >= needed) return;
  try {
    writeFileSync(WATCHES, `${needed}`);
  } catch (cause) {
    const advice = `sudo sysctl -w fs.inotify.max_user_instances=${needed}`;
    throw new Error(`${hosts} hosts need more of the kernel first: ${advice}`, { cause });
  }
}

/** Takes the benchmark's content from hosts. */
export async function undo(hosts: readonly Host[]): Promise<void> {
  await Promise.all(hosts.map((host) => host.exec(UNDO)));
}

/** Writes what each contender reads: a profile, an inventory, an ssh configuration. Returns the fleet. */
export function writeFleet(name: string, hosts: Fleet['hosts']): Fleet {
  mkdirSync(join(HOME, 'deployments'), { recursive: true });
  rmSync(join(HOME, 'deployments', `bench-${name}`), { recursive: true, force: true });
  rmSync(bench(`${name}.known_hosts`), { force: true });
  const profile = {
    name: `bench-${name}`,
    pocket_network: 'beta',
    hosts: Object.fromEntries(
      hosts.map((host, index) => [
        host.name,
        {
          ...{ address: host.address, user: 'root' },
          ...{ identity_file: host.identityFile, private_address: `10.99.0.${index + 1}` },
        },
      ]),
    ),
    igniter_provider_enabled: false,
    redis_hosts: [hosts[0]!.name],
    relay_miners: [hosts[0]!.name],
    relay_relayers: hosts.map((host) => host.name),
    relayminer: {
      keys_file: bench('keys.yaml'),
      services: { anvil: { backends: { jsonrpc: { url: 'http://192.0.2.1:8545' } } } },
    },
  };
  writeFileSync(bench('keys.yaml'), stringify({ keys: [generatePrivateKey()] }), { mode: 0o600 });
  writeFileSync(bench(`${name}.yaml`), stringify(profile));
  writeFileSync(bench(`${name}.ssh`), sshConfig(name, hosts));
  writeFileSync(bench(`${name}.cfg`), ansibleConfig(name));
  writeInventory({ name, hosts });
  return { name, hosts };
}

/** Writes Ansible's inventory, in which one host's file that varies may hold something else. */
export function writeInventory(
  { name, hosts }: Fleet,
  changed?: { host: string; text: string },
): void {
  const lines = hosts.map((host) => {
    const variant = host.name === changed?.host ? changed.text : '0';
    return `${host.name} ansible_host=${host.address} ansible_ssh_private_key_file=${host.identityFile} variant=${variant}\n`;
  });
  writeFileSync(bench(`${name}.inventory`), lines.join(''));
}

function ansibleConfig(name: string): string {
  return `[defaults]
inventory = ${bench(`${name}.inventory`)}
forks = 64
gathering = explicit
interpreter_python = /usr/bin/python3
remote_user = root
retry_files_enabled = False
[ssh_connection]
pipelining = True
control_path_dir = /run/pocket-bench
ssh_args = -o ControlMaster=auto -o ControlPersist=600 -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=${bench(`${name}.known_hosts`)}
`;
}

function sshConfig(name: string, hosts: Fleet['hosts']): string {
  const entries = hosts.map(
    (host) =>
      `Host ${host.name}\n  HostName ${host.address}\n  IdentityFile ${host.identityFile}\n`,
  );
  return `${entries.join('')}Host *
  User root
  BatchMode yes
  IdentitiesOnly yes
  StrictHostKeyChecking accept-new
  UserKnownHostsFile ${bench(`${name}.known_hosts`)}
  ControlPath /run/pocket-bench/floor-${name}-%n
`;
}
