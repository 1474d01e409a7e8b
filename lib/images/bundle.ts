import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { UserError } from '../exit-codes.ts';
import { referenceInBundle } from './reference.ts';
import { tarBytes, writeTar } from './tar.ts';

/** An image in a bundle. */
export type BundleImage = {
  /** Repository and tag as Docker lists them. */
  reference: string;
  /** `sha256:…` of the image's configuration: what `docker image inspect` calls its Id (not with the containerd store). */
  imageId: string;
  /** Bytes of its configuration and layers on disk; images share layers, so sums over images count those twice. */
  bytes: number;
};

type Entry = { references: string[]; config: string; layers: string[] };

/**
 * Saves images of this machine's Docker into a directory, from which hosts without a registry are served. A bundle that
 * was there before is replaced once the save is complete.
 * @throws UserError naming every image that this Docker does not have, or when the directory holds something else.
 */
export async function saveBundle(
  references: readonly string[],
  directory: string,
): Promise<BundleImage[]> {
  const names = [...new Set(references.map(referenceInBundle))];
  await refuseOthers(directory);
  await requirePresent(names);
  const parent = dirname(resolve(directory));
  const { $ } = await zx();
  const unpacked = await mkdtemp(join(parent, '.bundle-'));
  try {
    const script =
      'set -o pipefail; directory=$1; shift; docker save "$@" | tar -x --no-same-owner -C "$directory"';
    await $({ quiet: true, verbose: false })`bash -c ${script} save ${unpacked} ${names}`;
    await rm(directory, { recursive: true, force: true });
    await rename(unpacked, directory);
  } catch (error) {
    await rm(unpacked, { recursive: true, force: true });
    throw error;
  }
  return await readBundle(directory);
}

/**
 * Lists the images in a bundle.
 * @throws Error that names the directory and what is wrong: no bundle, damaged, or a file of an image is missing.
 */
export async function readBundle(directory: string): Promise<BundleImage[]> {
  const images: BundleImage[] = [];
  for (const entry of await readEntries(directory)) {
    const sizes = await Promise.all(files(entry).map((file) => fileSize(directory, file)));
    const config = await readFile(join(directory, entry.config));
    const imageId = `sha256:${createHash('sha256').update(config).digest('hex')}`;
    if (!entry.config.includes(imageId.slice('sha256:'.length))) {
      throw new UserError(`${directory}: ${entry.config} does not have the digest its name says`);
    }
    const bytes = sizes.reduce((total, size) => total + size, 0);
    images.push(...entry.references.map((reference) => ({ reference, imageId, bytes })));
  }
  return images.sort((a, b) => a.reference.localeCompare(b.reference));
}

/**
 * Streams a tar that `docker load` takes, with exactly these images of a bundle and each shared layer once.
 * Docker 20.10 and later read such a tar by its manifest.json, whichever of its two layouts the files are in.
 * `bytes` is the length of the whole stream, for progress.
 * @throws Error naming every image that the bundle does not have.
 */
export async function bundleTar(
  directory: string,
  references: readonly string[],
): Promise<{ tar: Readable; bytes: number }> {
  const wanted = new Set(references.map(referenceInBundle));
  const entries = (await readEntries(directory))
    .map((entry) => ({ ...entry, references: entry.references.filter((one) => wanted.has(one)) }))
    .filter((entry) => entry.references.length > 0);
  const found = new Set(entries.flatMap((entry) => entry.references));
  const absent = [...wanted].filter((reference) => !found.has(reference));
  if (absent.length > 0) throw new UserError(`${directory} does not have ${absent.join(', ')}`);
  const manifest = Buffer.from(
    JSON.stringify(
      entries.map(({ references: RepoTags, config: Config, layers: Layers }) => ({
        Config,
        RepoTags,
        Layers,
      })),
    ),
  );
  const names = [...new Set(entries.flatMap(files))];
  const contents = await Promise.all(
    names.map(async (name) => ({
      name,
      size: await fileSize(directory, name),
      content: { path: join(directory, name) },
    })),
  );
  const all = [{ name: 'manifest.json', size: manifest.length, content: manifest }, ...contents];
  const bytes = tarBytes(all.map(({ size }) => size));
  return { tar: Readable.from(writeTar(all), { objectMode: false }), bytes };
}

/** Throws when there is something at the path that is no bundle: it would be gone. */
async function refuseOthers(directory: string): Promise<void> {
  const found = await readdir(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw new UserError(`${directory}: ${error.message}`);
  });
  if (found.length === 0 || found.includes('manifest.json')) return;
  throw new UserError(
    `${directory} holds something else than a bundle, which would be replaced: name a directory that does not exist yet`,
  );
}

async function requirePresent(names: string[]): Promise<void> {
  const { $ } = await zx();
  const run = $({ quiet: true, verbose: false, nothrow: true });
  const absent: string[] = [];
  for (const name of names) {
    const inspected = await run`docker image inspect --format {{.Id}} ${name}`;
    if (inspected.ok) continue;
    if (!/no such image/i.test(inspected.stderr)) throw new UserError(inspected.stderr.trim());
    absent.push(name);
  }
  if (absent.length > 0) {
    throw new UserError(
      `this machine's Docker does not have ${absent.join(', ')}: pull or build first`,
    );
  }
}

async function readEntries(directory: string): Promise<Entry[]> {
  const path = join(directory, 'manifest.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'it has no manifest.json' : error.message;
    throw new UserError(`${directory} is not an image bundle: ${why}`);
  });
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} is damaged: ${(error as Error).message}`);
  }
  if (!Array.isArray(entries))
    throw new UserError(`${path} is damaged: it is not a list of images`);
  return await Promise.all(entries.map((entry) => readEntry(directory, entry)));
}

async function readEntry(directory: string, entry: unknown): Promise<Entry> {
  const { Config, RepoTags, Layers } = (entry ?? {}) as Record<string, unknown>;
  if (
    typeof Config !== 'string' ||
    !isStrings(Layers) ||
    !(RepoTags === null || isStrings(RepoTags))
  ) {
    throw new UserError(
      `${join(directory, 'manifest.json')} is damaged: an entry lacks its fields`,
    );
  }
  const layers = await Promise.all(Layers.map((layer) => realName(directory, layer)));
  return { references: RepoTags ?? [], config: await realName(directory, Config), layers };
}

/** The file behind a name in the manifest: Docker before 25 saves a repeated layer as a link to its first copy. */
async function realName(directory: string, name: string): Promise<string> {
  const root = await realpath(directory);
  const path = await realpath(join(root, name)).catch(() => {
    throw new UserError(`${directory} is incomplete: ${name} is missing`);
  });
  const inside = relative(root, path);
  if (inside.startsWith('..'))
    throw new UserError(`${directory} is damaged: ${name} lies outside it`);
  return inside;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function files(entry: Entry): string[] {
  return [...new Set([entry.config, ...entry.layers])];
}

async function fileSize(directory: string, name: string): Promise<number> {
  return (await stat(join(directory, name))).size;
}

/** Loaded only where it is used: it takes as long to load as half of everything else, and every script comes by here. */
const zx = () => import('zx');
