// Builds the lab's images and their bundle, where something has changed since the last time. Also a program: `make test`
// runs it first, so that tests that run side by side find the bundle ready.
import { readBundle, saveBundle } from '../../lib/images/bundle.ts';
import { dockerLines } from '../fleet/docker.ts';
import { ensureDocker } from '../fleet/hosts.ts';
import { buildImages } from './images/build.ts';
import { LAB_BUNDLE } from './paths.ts';

/** Sees to it that the bundle holds the lab's images as they are now: all of them, or those that are named. */
export async function ensureBundle(names?: string[]): Promise<void> {
  await ensureDocker();
  const references = await buildImages(names);
  const ids = await dockerLines('image', 'inspect', '--format', '{{.Id}}', ...references);
  const bundled = await readBundle(LAB_BUNDLE).catch(() => []);
  const has = new Map(bundled.map(({ reference, imageId }) => [reference, imageId]));
  if (references.every((reference, index) => has.get(reference) === ids[index])) return;
  await saveBundle(references, LAB_BUNDLE);
}

if (import.meta.main) await ensureBundle();
