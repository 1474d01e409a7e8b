/** A position in a file, counted from 1. */
export interface Place {
  file?: string;
  line: number;
  column: number;
}

/** YAML as plain data of which every value and every key knows where it was written. */
export type Tree =
  | { kind: 'map'; place: Place; entries: Map<string, { key: Place; value: Tree }> }
  | { kind: 'list'; place: Place; items: Tree[] }
  | { kind: 'scalar'; place: Place; value: string | number | boolean | null };

/** Where something is in a profile: keys and list positions. */
export type Path = readonly (string | number)[];

/** The tree at a path, or `undefined`. */
export function treeAt(tree: Tree, path: Path): Tree | undefined {
  let here: Tree | undefined = tree;
  for (const key of path) {
    if (here?.kind === 'map') here = here.entries.get(String(key))?.value;
    else if (here?.kind === 'list' && typeof key === 'number') here = here.items[key];
    else return undefined;
  }
  return here;
}

/**
 * The place of a path: its value, or with `key` its key. Where the path does not exist, the key of the deepest
 * mapping that does, since that is where something is missing.
 */
export function placeAt(tree: Tree, path: Path, of: 'value' | 'key' = 'value'): Place {
  if (of === 'value') {
    const found = treeAt(tree, path);
    if (found) return found.place;
  }
  for (let length = path.length; length > 0; length -= 1) {
    const parent = treeAt(tree, path.slice(0, length - 1));
    const last = path[length - 1]!;
    if (parent?.kind === 'map') {
      const entry = parent.entries.get(String(last));
      if (entry) return entry.key;
    }
    if (parent?.kind === 'list' && parent.items[Number(last)])
      return parent.items[Number(last)]!.place;
  }
  return tree.place;
}

/** Lays one tree over another: maps merge key by key, anything else replaces. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key);
    entries.set(
      key,
      below ? { key: entry.key, value: mergeTrees(below.value, entry.value) } : entry,
    );
  }
  return { kind: 'map', place: over.place, entries };
}

/** The plain data of a tree. Its objects have no prototype, so no key of a file can reach one. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  const object = Object.create(null) as Record<string, unknown>;
  for (const [key, { value }] of tree.entries) object[key] = plain(value);
  return object;
}

/** The tree of plain data that was written in no file. */
export function treeOf(data: unknown): Tree {
  const place: Place = { line: 1, column: 1 };
  if (Array.isArray(data)) return { kind: 'list', place, items: data.map(treeOf) };
  if (typeof data === 'object' && data !== null) {
    const entries = Object.entries(data).filter(([, value]) => value !== undefined);
    return {
      kind: 'map',
      place,
      entries: new Map(entries.map(([key, value]) => [key, { key: place, value: treeOf(value) }])),
    };
  }
  return { kind: 'scalar', place, value: (data ?? null) as string | number | boolean | null };
}

/** Every scalar of a tree with its path. */
export function* scalars(
  tree: Tree,
  path: Path = [],
): Generator<{ path: Path; place: Place; value: string | number | boolean | null }> {
  if (tree.kind === 'scalar') yield { path, place: tree.place, value: tree.value };
  if (tree.kind === 'list') {
    for (const [index, item] of tree.items.entries()) yield* scalars(item, [...path, index]);
  }
  if (tree.kind === 'map') {
    for (const [key, { value }] of tree.entries) yield* scalars(value, [...path, key]);
  }
}
