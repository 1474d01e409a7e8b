import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { REFERENCE } from './fields.ts';
import type { Path, Tree } from './tree.ts';

/**
 * Makes the paths of a profile absolute, each from the directory of the file it was written in, so that `extends`
 * does not change what a path means. `~` is the operator's home. Files of keys become secret references.
 */
export function resolvePaths(tree: Tree, path: Path = []): Tree {
  if (tree.kind === 'list') {
    return {
      ...tree,
      items: tree.items.map((item, index) => resolvePaths(item, [...path, index])),
    };
  }
  if (tree.kind === 'map') {
    const entries = [...tree.entries].map(
      ([key, entry]) =>
        [key, { ...entry, value: resolvePaths(entry.value, [...path, key]) }] as const,
    );
    return { ...tree, entries: new Map(entries) };
  }
  const { value, place } = tree;
  if (typeof value !== 'string' || value === '') return tree;
  const from = place.file === undefined ? process.cwd() : dirname(resolve(place.file));
  return { ...tree, value: resolveValue(path, value, from) };
}

const ON_THIS_MACHINE =
  /^hosts\..+\.identity_file$|^images\.bundle$|^pocketd\.archive$|^middleman\.trusted_authority$|^reverse_proxy\.acme_trusted_authority$|^reverse_proxy\.certificates\..+\.certificate$/;

function resolveValue(path: Path, value: string, from: string): string {
  const keys = path.join('.');
  const absolute = (text: string) => resolve(from, text.replace(/^~(?=\/|$)/, homedir()));
  if (ON_THIS_MACHINE.test(keys)) return absolute(value);
  const isKeysFile = /^relayminer\.keys_file$|^reverse_proxy\.certificates\..+\.key$/.test(keys);
  const mayRefer =
    isKeysFile ||
    path[0] === 'secrets' ||
    path[0] === 'reverse_proxy' ||
    path.some((key) => key === 'headers' || key === 'authentication');
  if (!mayRefer) return value;
  if (value.startsWith('file:') && value.length > 5) return `file:${absolute(value.slice(5))}`;
  return isKeysFile && !REFERENCE.test(value) ? `file:${absolute(value)}` : value;
}
