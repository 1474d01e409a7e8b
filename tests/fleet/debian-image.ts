import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { $ } from 'zx';
import { installPackages } from './apt.ts';
import { cachePath } from './cache.ts';
import { hasImage } from './docker.ts';

/** Debian release: 12 is bookworm, 13 is trixie. */
export type Suite = 'bookworm' | 'trixie';

const run = $({ quiet: true, nothrow: true, stdio: ['ignore', 'pipe', 'pipe'] });
/** What hosts and the images of the lab have in common, installed once for all. */
const PACKAGES = ['ca-certificates', 'curl', 'libstdc++6', 'procps', 'tini'];
// An image that is being built needs no file safely on its disk, and nobody reads its manuals.
const DPKG_OPTIONS = [
  'force-unsafe-io',
  ...['doc', 'info', 'locale', 'man'].map((folder) => `path-exclude=/usr/share/${folder}/*`),
];

/**
 * The small Debian that hosts and the images of the lab are built from; built unless it is there.
 * @returns the image's reference, whose tag is a hash of everything that it is made from.
 * @throws Error with one line when it cannot be built.
 */
export async function debianImage(suite: Suite): Promise<string> {
  const reference = `pocket-lab-${suite}:${hashOf([PACKAGES, DPKG_OPTIONS])}`;
  if (await hasImage(reference)) return reference;
  const options = DPKG_OPTIONS.map((option) => `--dpkgopt='${option}'`).join(' ');
  const bootstrap = `mmdebstrap --quiet --variant=minbase --include=${PACKAGES.join(',')} ${options} \\
  --aptopt='Acquire::Check-Valid-Until "false"' ${suite} - >"$ARCHIVE"
docker import "$ARCHIVE" "$REFERENCE"`;
  const fromRegistry = `docker build --quiet --tag "$REFERENCE" - <<'EOF'
FROM debian:${suite}-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ${PACKAGES.join(' ')} \\
  && rm -rf /var/lib/apt/lists/*
EOF`;
  const script = (await haveMmdebstrap()) ? bootstrap : fromRegistry;
  await buildOnce(reference, `Debian ${suite}, which images are made from`, script);
  return reference;
}

/** The first twelve digits of a hash of some JSON. */
export function hashOf(definition: unknown): string {
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 12);
}

/**
 * Builds an image of that name, unless it is there. Two that ask at once build it once: the second waits for the first.
 * @param script builds $REFERENCE, in bash; what it leaves at $ARCHIVE is removed.
 * @param environment variables for the script.
 * @throws Error with one line when it cannot be built.
 */
export async function buildOnce(
  reference: string,
  label: string,
  script: string,
  environment: Record<string, string> = {},
): Promise<void> {
  if (await hasImage(reference)) return;
  const build = builds.get(reference) ?? buildNow(reference, label, script, environment);
  builds.set(reference, build);
  await build;
}

/** The builds that this process has asked for. */
const builds = new Map<string, Promise<void>>();

async function buildNow(
  reference: string,
  label: string,
  script: string,
  environment: Record<string, string>,
): Promise<void> {
  console.error(`building ${label} (about a minute, once) …`);
  const started = Date.now();
  const lock = cachePath('locks', reference.replaceAll(/[^a-z0-9]/g, '-'));
  const archive = `${lock}.tar`;
  const locked = `set -euo pipefail
docker image inspect "$REFERENCE" >/dev/null 2>&1 && exit
${script}`;
  const env = { ...process.env, ...environment, REFERENCE: reference, ARCHIVE: archive };
  const built = await run({ env })`flock ${lock} bash -c ${locked}`;
  rmSync(archive, { force: true });
  if (!built.ok) throw new Error(`could not build ${label}: ${reason(built.stderr)}`);
  console.error(`built ${label} in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Whether mmdebstrap is here now; several images that are built side by side bring it once. */
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

function reason(stderr: string): string {
  return stderr.trim().split('\n').slice(-3).join('; ');
}
