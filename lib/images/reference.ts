import { UserError } from '../exit-codes.ts';

/**
 * The name under which Docker lists an image: without Docker Hub's own host name, with the tag it implies, and without
 * the one beside a digest, which Docker does not keep (moby, reference/store.go, 04472304).
 * `docker.io/library/redis` becomes `redis:latest`.
 */
export function familiarReference(reference: string): string {
  const name = reference.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '');
  if (name.includes('@')) return name.replace(/:[^/:@]+@/, '@');
  return name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`;
}

/**
 * The name of an image in a bundle.
 * @throws UserError for a reference pinned by digest, because `docker save` and `docker load` keep tags only.
 */
export function referenceInBundle(reference: string): string {
  if (reference.includes('@')) {
    throw new UserError(`${reference} is pinned by digest, which a bundle cannot keep: use a tag`);
  }
  return familiarReference(reference);
}
