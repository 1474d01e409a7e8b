import { existsSync, rmSync } from 'node:fs';
import { $ } from 'zx';
import { installPackages } from './apt.ts';
import { cachePath } from './cache.ts';
import { hasImage } from './docker.ts';

/** What a Debian root file system is made of. */
export type RootFilesystem = {
  suite: 'bookworm' | 'trixie';
  packages: string[];
  /** Shell that runs as root inside the root file system once the packages are in. */
  setup: string;
};

const run = $({ quiet: true, nothrow: true, stdio: ['ignore', 'pipe', 'pipe'] });
const UNNEEDED = ['doc', 'info', 'locale', 'man'].map((folder) => `/usr/share/${folder}/*`);

/**
 * Builds a Debian root file system into an image of that name, unless the image is there.
 * Two processes that ask at once build it once: the second waits for the first.
 * @throws Error with one line when it cannot be built.
 */
export async function importRootFilesystem(
  reference: string,
  definition: RootFilesystem,
  label: string,
): Promise<void> {
  if (await hasImage(reference)) return;
  console.error(`building ${label} (about 60 s, once) …`);
  const started = Date.now();
  const build = (await haveMmdebstrap()) ? bootstrap(definition) : fromRegistry(definition);
  const lock = cachePath('locks', reference.replaceAll(/[^a-z0-9]/g, '-'));
  const archive = `${lock}.tar`;
  const script = `set -euo pipefail
docker image inspect "$REFERENCE" >/dev/null 2>&1 && exit
${build}`;
  const environment = {
    ...process.env,
    REFERENCE: reference,
    ARCHIVE: archive,
    SETUP: definition.setup,
  };
  const built = await run({ env: environment })`flock ${lock} bash -c ${script}`;
  rmSync(archive, { force: true });
  if (!built.ok) throw new Error(`could not build ${label}: ${reason(built.stderr)}`);
  console.error(`built ${label} in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Whether mmdebstrap is here now; several file systems that are built side by side bring it once. */
function haveMmdebstrap(): Promise<boolean> {
  bringing ??= bringMmdebstrap();
  return bringing;
}

let bringing: Promise<boolean> | undefined;

async function bringMmdebstrap(): Promise<boolean> {
  if ((await run`command -v mmdebstrap`).ok) return true;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  console.error('installing mmdebstrap, once …');
  return (await installPackages('mmdebstrap', 'debian-archive-keyring')) === undefined;
}

function bootstrap({ suite, packages }: RootFilesystem): string {
  const leaveOut = UNNEEDED.map((glob) => `--dpkgopt='path-exclude=${glob}'`).join(' ');
  return `mmdebstrap --quiet --variant=minbase --include=${packages.join(',')} ${leaveOut} \\
  --aptopt='Acquire::Check-Valid-Until "false"' --customize-hook='chroot "$1" sh -euc "$SETUP"' \\
  ${suite} - >"$ARCHIVE"
docker import "$ARCHIVE" "$REFERENCE"`;
}

function fromRegistry({ suite, packages }: RootFilesystem): string {
  return `docker build --quiet --tag "$REFERENCE" --build-arg SETUP - <<'EOF'
FROM debian:${suite}-slim
ARG SETUP
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} \\
  && sh -euc "$SETUP" && rm -rf /var/lib/apt/lists/*
EOF`;
}

function reason(stderr: string): string {
  return stderr.trim().split('\n').slice(-3).join('; ');
}
