import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { home } from '../../lib/home.ts';
import { cachePath } from '../fleet/cache.ts';

/** The root of the checkout. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** The label of everything Docker runs for the lab: one of its own for every checkout. */
export const LAB_RUN = `pocket-lab-${createHash('sha256').update(ROOT).digest('hex').slice(0, 6)}`;

/** The manifest that the lab deploys: `profiles/all-in-one-lab.yaml` with this lab's addresses, beside its secrets. */
export const LAB_PROFILE = join(home(), 'deployments', 'lab', 'lab.yaml');

/** The image bundle for machines without registries. */
export const LAB_BUNDLE = cachePath('lab', 'bundle');
