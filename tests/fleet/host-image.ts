import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce, debianImage, hashOf, type Suite } from './debian-image.ts';
import { ensureDocker } from './engine.ts';

/**
 * `docker` hosts have the distribution's Docker Engine and Compose running, `bare` hosts have neither; `python` hosts
 * are bare ones on which Ansible can work too.
 */
export type Variant = 'docker' | 'bare' | 'python';

const PACKAGES = ['systemd-sysv', 'dbus', 'openssh-server', 'sudo', 'iproute2', 'nftables'];
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
  const debian = await debianImage(suite);
  const dockerfile = `FROM ${debian}
ARG SETUP
RUN apt-get -o 'Acquire::Check-Valid-Until=false' update -qq \\
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \\
    ${[...PACKAGES, ...EXTRA[variant][suite]].join(' ')} \\
  && sh -euc "$SETUP" && apt-get clean && rm -rf /var/lib/apt/lists/*
`;
  const setup = [script('host-setup.sh')];
  if (variant === 'docker' && suite === 'bookworm') setup.push(script('compose-from-trixie.sh'));
  const environment = { DOCKERFILE: dockerfile, SETUP: setup.join('\n') };
  const reference = `pocket-lab-host:${hashOf(environment)}`;
  await buildOnce(
    reference,
    `the ${suite} ${variant} lab host image`,
    'docker build --quiet --tag "$REFERENCE" --build-arg SETUP - <<<"$DOCKERFILE"',
    environment,
  );
  return reference;
}

function script(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}
