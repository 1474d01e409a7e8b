import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { $ } from 'zx';
import { cachePath } from '../../fleet/cache.ts';
import { debianImage, hashOf } from '../../fleet/debian-image.ts';
import { docker, hasImage } from '../../fleet/docker.ts';

const SOURCES = join(import.meta.dirname, 'base');
/** The targets of the Dockerfile. */
const NAMES = ['pocket-lab-debian', 'pocket-lab-base'];

/**
 * Builds the two images that all others are made from, and tags them with the names their Dockerfiles use:
 * `pocket-lab-debian`, a small Debian 13, and `pocket-lab-base`, the same with Node.
 * Returns a hash of both, which changes whenever they do.
 */
export async function ensureBase(): Promise<string> {
  const debian = await debianImage('trixie');
  const node = nodeBinary();
  const version = (await $({ quiet: true })`${node} --version`).stdout.trim();
  const sources = readdirSync(SOURCES).map((name) => readFileSync(join(SOURCES, name), 'utf8'));
  const hash = hashOf([debian, version, sources]);
  if (!(await hasImage(`pocket-lab-base:${hash}`))) await build(debian, node, hash);
  for (const name of NAMES) await docker('tag', `${name}:${hash}`, name);
  return hash;
}

/** The Node that `make` brought, which runs on any Linux with its libc, rather than a distribution's. */
function nodeBinary(): string {
  const brought = cachePath('node', 'bin', 'node');
  return realpathSync(existsSync(brought) ? brought : process.execPath);
}

async function build(debian: string, node: string, hash: string): Promise<void> {
  const directory = mkdtempSync(cachePath('lab', 'contexts', 'base-'));
  cpSync(SOURCES, directory, { recursive: true });
  copyFileSync(node, join(directory, 'node'));
  for (const name of NAMES) {
    const words = ['--target', name, '--tag', `${name}:${hash}`, '--build-arg', `DEBIAN=${debian}`];
    await $({ quiet: true })`docker build --quiet ${words} ${directory}`;
  }
  rmSync(directory, { recursive: true });
}
