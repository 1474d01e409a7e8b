import { UserError } from '../exit-codes.ts';

/**
 * The name under which Docker lists an image: without Docker Hub's own host name, and with the tag it implies.
 * `docker.io/library/redis` becomes `redis:latest`.
 * @throws Error for a reference pinned by digest, because `docker save` and `docker load` keep tags only.
 */
export function familiarReference(reference: string): string {
  if (reference.includes('@')) {
    throw new UserError(`${reference} is pinned by digest, which a bundle cannot keep: use a tag`);
  }
  const name = reference.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '');
  return name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`;
}
