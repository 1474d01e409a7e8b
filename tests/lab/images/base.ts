import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { $ } from 'zx';
import { cachePath } from '../../fleet/cache.ts';
import { docker, hasImage } from '../../fleet/docker.ts';
import { importRootFilesystem } from '../../fleet/root-filesystem.ts';

const DEFINITION = {
  suite: 'trixie' as const,
  packages: ['ca-certificates', 'curl', 'jq', 'libstdc++6', 'procps', 'tini'],
  // Images that install packages keep neither the downloads nor apt's caches of the index.
  setup: `rm -f /etc/machine-id /var/cache/apt/*.bin
printf '%s\n' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' \
  'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' >/etc/apt/apt.conf.d/keep-nothing`,
};

/**
 * Builds the two images that all others are made from, and tags them with the names their Dockerfiles use:
 * `pocket-lab-debian`, a small Debian 13, and `pocket-lab-base`, the same with Node.
 * Returns a hash of both, which changes whenever they do.
 */
export async function ensureBase(): Promise<string> {
  const debian = `pocket-lab-debian:${hash(JSON.stringify(DEFINITION))}`;
  await importRootFilesystem(debian, DEFINITION, 'the shared base of the lab images');
  await docker('tag', debian, 'pocket-lab-debian');
  const node = nodeBinary();
  const version = (await $({ quiet: true })`${node} --version`).stdout.trim();
  const dockerfile = readFileSync(join(import.meta.dirname, 'base/Dockerfile'), 'utf8');
  const base = `pocket-lab-base:${hash(debian + version + dockerfile)}`;
  if (!(await hasImage(base))) await build(base, dockerfile, node);
  await docker('tag', base, 'pocket-lab-base');
  return base;
}

/** The Node that `make` brought, which runs on any Linux with its libc, rather than a distribution's. */
function nodeBinary(): string {
  const brought = cachePath('node', 'bin', 'node');
  return realpathSync(existsSync(brought) ? brought : process.execPath);
}

async function build(reference: string, dockerfile: string, node: string): Promise<void> {
  const directory = mkdtempSync(cachePath('lab', 'contexts', 'base-'));
  copyFileSync(node, join(directory, 'node'));
  const words = ['--quiet', '--tag', reference, '--file', '-', directory];
  await $({ quiet: true, input: dockerfile })`docker build ${words}`;
  rmSync(directory, { recursive: true });
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
