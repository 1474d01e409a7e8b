import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Problem } from './problem.ts';
import { mergeTrees, type Place, type Tree, treeAt } from './tree.ts';
import { parseYaml } from './yaml.ts';

/**
 * Far more than a profile of 50 hosts needs (some 20 KB), and as much as the YAML parser gets through in a second
 * whatever the text is: its worst is a file of nothing but `]` or `,`, of which each character is an error.
 */
const MAX_BYTES = 128 * 1024;
const MAX_FILES = 10;
const BEGINNING = { line: 1, column: 1 };

/**
 * Reads a profile and the profiles it extends, nearest last, into one tree.
 * @param path absolute
 * @returns the tree unless a file could not be read, and every problem of every file
 */
export function readProfile(path: string): { tree?: Tree; problems: Problem[] } {
  return readChain(path, [], undefined);
}

/** A path as problems show it: relative to the working directory when it is below it. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function readChain(
  path: string,
  below: readonly string[],
  extendedAt: Place | undefined,
): { tree?: Tree; problems: Problem[] } {
  const file = shownPath(path);
  const refuse = (problem: Refusal, value?: string) => ({
    problems: [{ file, ...problem, ...extendedAt, path: extendedAt ? ['extends'] : [], value }],
  });

  const read = readText(path);
  if ('expected' in read) return refuse(read, extendedAt && `"${file}"`);
  if (below.includes(read.identity)) {
    const chain = [...below.slice(below.indexOf(read.identity)), read.identity];
    return refuse({ expected: `extends itself: ${chain.map(shownPath).join(' → ')}` });
  }

  if (below.length >= MAX_FILES)
    return refuse({ expected: `extends more than ${MAX_FILES} profiles, one after the other` });

  const { tree, problems } = parseYaml(read.text, file);
  const parent = tree && treeAt(tree, ['extends']);
  if (parent?.kind !== 'scalar' || typeof parent.value !== 'string') return { tree, problems };
  const base = readChain(
    resolve(dirname(path), parent.value),
    [...below, read.identity],
    parent.place,
  );
  return {
    tree: tree && base.tree && mergeTrees(base.tree, tree),
    problems: [...base.problems, ...problems],
  };
}

/** Why there is no text of a file, with the place in it if it is one. */
type Refusal = Omit<Problem, 'file' | 'path'>;

function readText(path: string): { text: string; identity: string } | Refusal {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return { expected: 'is a directory, expected a file' };
    if (!found.isFile()) return { expected: 'is not a file' };
    if (found.size > MAX_BYTES) {
      return { ...BEGINNING, expected: 'is larger than 128 KiB, expected a profile' };
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    return { text, identity: realpathSync(path) };
  } catch (error) {
    if (error instanceof TypeError) {
      return { ...BEGINNING, expected: 'is not UTF-8 text, expected a profile' };
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { expected: 'no such file', suggestion: fileLike(path) };
    }
    if (code === 'EACCES') return { expected: 'may not be read by you' };
    return { expected: `cannot be read (${code ?? 'unknown error'})` };
  }
}

/** The profile that somebody meant who left out where profiles are, or how their names end. */
function fileLike(path: string): string | undefined {
  const name = `${basename(path).replace(/\.ya?ml$/i, '')}.yaml`;
  const places = [dirname(path), join(dirname(path), 'profiles')];
  const found = places.map((place) => join(place, name)).find((one) => existsSync(one));
  return found && shownPath(found);
}
