import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { $ } from 'zx';
import { dockerLines } from '../../fleet/docker.ts';
import { ensureDocker } from '../../fleet/engine.ts';
import { ensureBase } from './base.ts';
import { LAB_IMAGES, type LabImage } from './catalogue.ts';
import { copiedPaths, hashPaths, stage } from './context.ts';

const HASH_LABEL = 'pocket-automations.hash';

/** As many builds at once as the smallest machine has processors. */
const AT_ONCE = 2;

/**
 * Builds the named lab images, or all that belong into the lab's bundle, and returns their references.
 * An image whose sources did not change since it was built is left alone. One line per image goes to stderr.
 * @throws Error naming an image that the catalogue does not have, or that failed to build and why.
 */
export async function buildImages(names?: readonly string[]): Promise<string[]> {
  const named = names && new Set(names.map(find));
  const wanted = LAB_IMAGES.filter((image) => (named ? named.has(image) : image.bundled));
  await ensureDocker();
  const base = await ensureBase();
  const present = await presentHashes();
  const outdated = wanted
    .map((image) => ({ image, ...sourcesOf(image, base) }))
    .filter(({ image, hash }) => present.get(image.reference) !== hash);
  // Images of one Dockerfile share stages, which the first of them builds for all.
  const rows = Object.values(
    Object.groupBy(outdated, ({ image }) => join(image.context, image.dockerfile)),
  );
  const lane = async () => {
    for (let row = rows.shift(); row; row = rows.shift()) {
      for (const { image, ...sources } of row) await build(image, sources);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return wanted.map((image) => image.reference);
}

/** What an image is built from, and the hash that changes with it. */
type Sources = { dockerfile: string; paths: string[]; hash: string };

function sourcesOf(image: LabImage, base: string): Sources {
  const dockerfile = readFileSync(join(image.context, image.dockerfile), 'utf8');
  const paths = copiedPaths(dockerfile);
  const hash = createHash('sha256')
    .update(JSON.stringify([base, dockerfile, image.arguments, hashPaths(image.context, paths)]))
    .digest('hex');
  return { dockerfile, paths, hash };
}

function find(name: string): LabImage {
  const image = LAB_IMAGES.find(({ reference }) => reference === name);
  if (image) return image;
  const known = LAB_IMAGES.map(({ reference }) => reference).join(', ');
  throw new Error(`there is no lab image ${name}; there are: ${known}`);
}

/** The content hash that each lab image in the engine's store was built from. */
async function presentHashes(): Promise<Map<string, string>> {
  const filter = ['--filter', `label=${HASH_LABEL}`];
  const ids = new Set(await dockerLines('image', 'ls', '--quiet', ...filter));
  if (ids.size === 0) return new Map();
  const format = `{{range .RepoTags}}{{.}} {{end}}{{index .Config.Labels "${HASH_LABEL}"}}`;
  const images = await dockerLines('image', 'inspect', '--format', format, ...ids);
  return new Map(
    images.flatMap((line) => {
      const words = line.split(' ');
      return words.slice(0, -1).map((reference) => [reference, words.at(-1)!] as const);
    }),
  );
}

async function build(image: LabImage, { dockerfile, paths, hash }: Sources): Promise<void> {
  console.error(`building ${image.reference} …`);
  const started = Date.now();
  const directory = stage(image.reference, image.context, paths);
  const words = ['--tag', image.reference, '--label', `${HASH_LABEL}=${hash}`];
  for (const [name, value] of Object.entries(image.arguments ?? {})) {
    words.push('--build-arg', `${name}=${value}`);
  }
  words.push('--file', '-', directory);
  const built = await $({ quiet: true, nothrow: true, input: dockerfile })`docker build ${words}`;
  rmSync(directory, { recursive: true, force: true });
  if (!built.ok) {
    const output = `${built.stdout}\n${built.stderr}`.trim().split('\n').slice(-8).join('\n  ');
    throw new Error(`could not build ${image.reference}:\n  ${output}`);
  }
  console.error(`built ${image.reference} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
