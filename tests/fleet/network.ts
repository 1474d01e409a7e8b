import { $ } from 'zx';
import { cachePath } from './cache.ts';
import { docker, dockerLines } from './docker.ts';

/** The label that every container and network of a run carries. */
export const RUN_LABEL = 'pocket-automations.run';

/** The label that says which address a container was given, also while it is stopped. */
export const ADDRESS_LABEL = 'pocket-automations.address';

/** A run's network: `prefix` is the first three numbers of its addresses. */
export type Network = { name: string; prefix: string };

/**
 * Returns the network of a run, creating it when it is not there.
 * The subnet is explicit because Docker gives containers fixed addresses only in such networks.
 * @throws Error when none of the 256 subnets is free.
 */
export async function ensureNetwork(run: string): Promise<Network> {
  const existing = await subnet(run);
  if (existing) return { name: run, prefix: existing };
  const first = [...run].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 256, 7);
  const lock = cachePath('locks', 'network');
  // Docker lets two networks have one name, so processes that ask at once take turns.
  const create =
    'docker network inspect "$1" >/dev/null 2>&1 || docker network create --label "$2" --subnet "$3" "$1"';
  for (let offset = 0; offset < 256; offset++) {
    const wanted = `10.213.${(first + offset) % 256}.0/24`;
    const words = ['network', run, `${RUN_LABEL}=${run}`, wanted];
    const made = await $({ quiet: true, nothrow: true })`flock ${lock} bash -c ${create} ${words}`;
    if (made.ok) return { name: run, prefix: (await subnet(run))! };
    if (!/overlap/i.test(made.stderr)) throw made;
  }
  throw new Error('no free subnet in 10.213.0.0/16: remove lab networks with `docker network rm`');
}

/** The addresses in this network that containers, running or not, have been given. */
export async function takenAddresses(network: Network): Promise<Set<string>> {
  const format = `{{.Label "${ADDRESS_LABEL}"}}`;
  const filter = `label=${RUN_LABEL}=${network.name}`;
  return new Set(await dockerLines('ps', '--all', '--filter', filter, '--format', format));
}

async function subnet(run: string): Promise<string | undefined> {
  const names = await dockerLines('network', 'ls', '--filter', `name=^${run}$`, '--quiet');
  if (names.length === 0) return undefined;
  const cidr = await docker(
    'network',
    'inspect',
    '--format',
    '{{(index .IPAM.Config 0).Subnet}}',
    run,
  );
  return cidr.split('.').slice(0, 3).join('.');
}
