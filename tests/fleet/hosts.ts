import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import type { TestContext } from 'node:test';
import { quote } from '../../lib/shell.ts';
import { runContainer } from './container.ts';
import type { Suite } from './debian-image.ts';
import { docker, dockerLines } from './docker.ts';
import { type Host, hostOf } from './host.ts';
import { hostImage, type Variant } from './host-image.ts';
import { identityFile, runKeys } from './keys.ts';
import { ADDRESS_LABEL, RUN_LABEL } from './network.ts';

export { ensureDocker } from './engine.ts';
export type { Host } from './host.ts';

/** What a host should be like. */
export type HostSpec = {
  /** Its host name, which other hosts of the run resolve too. */
  name: string;
  /** Default `docker`. */
  variant?: Variant;
  /** Default `trixie`. */
  suite?: Suite;
  /** The run it belongs to: network, key pair and removal are per run. Default `pocket-lab`. */
  run?: string;
  /** Docker's `--memory`, such as `2g`; /proc/meminfo inside still shows the machine's. Default unlimited. */
  memory?: string;
  /** The only processor of this machine that it sees and uses. Default all. */
  processor?: number;
  /** Who logs in over ssh: `operator` has sudo without a password, `nosudo` has no sudo. Default `root`. */
  user?: 'root' | 'operator' | 'nosudo';
};

/**
 * Starts a throw-away Debian host with systemd, sshd and its own address, building its image the first time.
 * Returns when systemd is up and sshd answers (bounded to 120 s); on failure the container is removed.
 * @throws Error with one line when Docker or the image cannot be had, or the host does not come up.
 */
export async function startHost(spec: HostSpec): Promise<Host> {
  const run = spec.run ?? 'pocket-lab';
  const image = await hostImage(spec.variant ?? 'docker', spec.suite ?? 'trixie');
  const publicKey = await runKeys(run);
  const container = `${run}-${spec.name}`;
  const address = await runContainer({
    run,
    container,
    hostname: spec.name,
    image,
    memory: spec.memory,
    processor: spec.processor,
  });
  const host = hostOf({
    name: spec.name,
    address,
    user: spec.user ?? 'root',
    port: 22,
    identityFile: identityFile(run),
    container,
  });
  try {
    await host.exec(authorize(publicKey));
    await host.ready();
  } catch (error) {
    await host.remove();
    throw error;
  }
  return host;
}

/** The host that an earlier process started, running again if it had stopped; `undefined` when there is none. */
export async function findHost(name: string, run: string): Promise<Host | undefined> {
  const container = `${run}-${name}`;
  const filter = ['--filter', `name=^${container}$`, '--filter', `label=${RUN_LABEL}=${run}`];
  const [address] = await dockerLines(
    ...['ps', '--all', ...filter, '--format', `{{.Label "${ADDRESS_LABEL}"}}`],
  );
  if (!address) return undefined;
  await docker('start', container);
  const where = {
    name,
    address,
    user: 'root',
    port: 22,
    identityFile: identityFile(run),
    container,
  };
  const host = hostOf(where);
  await host.ready();
  return host;
}

/** Removes every host of a run, their volumes, their network and their keys. */
export async function removeAll(run: string): Promise<void> {
  const filter = ['--filter', `label=${RUN_LABEL}=${run}`];
  const containers = await dockerLines('ps', '--all', '--quiet', ...filter);
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
  const networks = await dockerLines('network', 'ls', '--quiet', ...filter);
  if (networks.length > 0) await docker('network', 'rm', ...networks);
  rmSync(dirname(identityFile(run)), { recursive: true, force: true });
}

/**
 * Starts hosts for one test, side by side, in a run of their own, and removes every trace of them when the test ends.
 * Hosts that a killed test process left behind are removed first. Of many hosts each has one processor, so that what runs
 * as many things at once as a host has processors does not take each of them for the owner of all.
 */
export async function testHosts<Names extends string>(
  test: TestContext,
  specs: Record<Names, Omit<HostSpec, 'name' | 'run'>>,
): Promise<Record<Names, Host>> {
  await removeOrphans();
  const run = `fleet-${process.pid}-${++testRuns}`;
  test.after(() => removeAll(run));
  const names = Object.keys(specs) as Names[];
  const started = await Promise.allSettled(
    names.map((name, index) =>
      startHost({
        ...(names.length > MANY && { processor: index % availableParallelism() }),
        ...{ ...specs[name], name, run },
      }),
    ),
  );
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return Object.fromEntries(
    started.map((result, index) => [names[index], (result as PromiseFulfilledResult<Host>).value]),
  ) as Record<Names, Host>;
}

let testRuns = 0;

/** More hosts than that, and they have one processor each. */
const MANY = 4;

async function removeOrphans(): Promise<void> {
  const format = `{{.Label "${RUN_LABEL}"}}`;
  const label = ['--filter', `label=${RUN_LABEL}`, '--format', format];
  const runs = new Set([
    ...(await dockerLines('ps', '--all', ...label)),
    ...(await dockerLines('network', 'ls', ...label)),
  ]);
  for (const run of runs) {
    const process = /^fleet-(\d+)-/.exec(run)?.[1];
    // Another test process that starts now may be removing it, too.
    if (process && !existsSync(`/proc/${process}`)) await removeAll(run).catch(() => {});
  }
}

function authorize(publicKey: string): string {
  return `for user in root operator nosudo; do
    home=$(getent passwd "$user" | cut -d: -f6)
    install -d -m 0700 "$home/.ssh"
    echo ${quote(publicKey)} >"$home/.ssh/authorized_keys"
    chmod 0600 "$home/.ssh/authorized_keys"
    chown -R "$user:" "$home/.ssh"
  done`;
}
