import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDocker } from './engine.ts';
import { importRootFilesystem, type RootFilesystem } from './root-filesystem.ts';

/** Debian release of a host: 12 is bookworm, 13 is trixie. */
export type Suite = RootFilesystem['suite'];

/**
 * `docker` hosts have the distribution's Docker Engine and Compose running, `bare` hosts have neither; `python` hosts
 * are bare ones on which Ansible can work too.
 */
export type Variant = 'docker' | 'bare' | 'python';

const PACKAGES = [
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'sudo',
  'curl',
  'ca-certificates',
  'iproute2',
  'procps',
  'nftables',
];
const PYTHON = ['python3', 'python3-apt'];
const EXTRA: Record<Variant, Record<Suite, string[]>> = {
  docker: {
    bookworm: ['docker.io', 'iptables'],
    trixie: ['docker.io', 'docker-cli', 'docker-compose', 'iptables'],
  },
  bare: { bookworm: [], trixie: [] },
  python: { bookworm: PYTHON, trixie: PYTHON },
};

/**
 * Builds the image of a container host unless it is there already, and returns its reference.
 * The tag is a hash of everything the image is made from, so a changed definition is a new image.
 * @throws Error with one line when the image cannot be built on this machine.
 */
export async function hostImage(variant: Variant, suite: Suite): Promise<string> {
  await ensureDocker();
  const definition = describe(variant, suite);
  const hash = createHash('sha256').update(JSON.stringify(definition)).digest('hex');
  const reference = `pocket-lab-host:${hash.slice(0, 12)}`;
  const label = `the ${suite} ${variant} lab host image`;
  const build = builds.get(reference) ?? importRootFilesystem(reference, definition, label);
  builds.set(reference, build);
  await build;
  return reference;
}

/** The builds that this process has asked for, so that hosts that start side by side share one. */
const builds = new Map<string, Promise<void>>();

function describe(variant: Variant, suite: Suite): RootFilesystem {
  const setup = [script('host-setup.sh')];
  if (variant === 'docker' && suite === 'bookworm') setup.push(script('compose-from-trixie.sh'));
  return {
    suite,
    packages: [...PACKAGES, ...EXTRA[variant][suite]],
    setup: setup.join('\n'),
  };
}

function script(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}
