import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Problem } from './problem.ts';
import type { Path, Place, Tree } from './tree.ts';
import { mistakesIn } from './yaml-syntax.ts';

const MAX_DEPTH = 24;
const MAX_VALUES = 20_000;

const EMPTY =
  'is empty, expected a profile: copy one of profiles/, such as profiles/production-single-host.yaml';

/** Parses one YAML document. Returns the tree, or undefined when the problems do not allow for one. */
export function parseYaml(text: string, file: string): { tree?: Tree; problems: Problem[] } {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems: Problem[] = [];
  const add = (place: Place, path: Path, expected: string) => {
    problems.push({ file, line: place.line, column: place.column, path, expected });
  };

  // The parser makes an error of every character that is wrong: looking up the stack for each takes most of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    // Duplicate keys are found below: the parser's own search takes quadratic time.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
    for (const { offset, meaning } of mistakesIn(document, text)) {
      add(placeOf(offset), [], `not valid YAML: ${meaning}`);
    }
    if (problems.length > 0) return { problems };
    if (!document.contents) {
      add({ file, line: 1, column: 1 }, [], EMPTY);
      return { problems };
    }
    const tree = convert(document.contents, placeOf, add);
    return problems.length > 0 ? { problems } : { tree, problems };
  } catch (error) {
    if (error instanceof TooMuch) add(error.place, [], error.message);
    // The parser recurses: nesting that is deep enough exhausts the stack.
    else if (error instanceof RangeError)
      add({ file, line: 1, column: 1 }, [], 'is nested too deeply');
    else throw error;
    return { problems };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class TooMuch extends Error {
  readonly place: Place;
  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

function convert(
  root: unknown,
  placeOf: (offset: number) => Place,
  add: (place: Place, path: Path, expected: string) => void,
): Tree {
  const anchors = new Map<string, unknown>();
  let values = 0;

  const walk = (node: unknown, path: Path, place: Place): Tree => {
    values += 1;
    if (values > MAX_VALUES) {
      throw new TooMuch(place, `more than ${MAX_VALUES} values, aliases expanded`);
    }
    if (path.length > MAX_DEPTH) throw new TooMuch(place, 'is nested too deeply');
    const own = rangeOf(node);
    const here = own === undefined ? place : placeOf(own);
    if (isAlias(node)) {
      if (!anchors.has(node.source)) {
        add(here, path, 'an alias without an anchor before it');
        return { kind: 'scalar', place: here, value: null };
      }
      return walk(anchors.get(node.source), path, here);
    }
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor)
      anchors.set(node.anchor, node);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => walk(item, [...path, index], here));
      return { kind: 'list', place: here, items };
    }
    if (isMap(node)) {
      const entries: Extract<Tree, { kind: 'map' }>['entries'] = new Map();
      for (const { key, value } of node.items) {
        const keyOffset = rangeOf(key);
        const keyPlace = keyOffset === undefined ? here : placeOf(keyOffset);
        const name = isScalar(key) && key.value !== null ? String(key.value) : undefined;
        if (name === undefined || name === '' || name === '__proto__') {
          add(keyPlace, path, 'a key that is not a name');
          continue;
        }
        if (entries.has(name))
          add(keyPlace, [...path, name], `duplicate key "${name.slice(0, 60)}"`);
        entries.set(name, { key: keyPlace, value: walk(value, [...path, name], keyPlace) });
      }
      return { kind: 'map', place: here, entries };
    }
    const value = isScalar(node) ? node.value : null;
    if (typeof value === 'string' && !value.isWellFormed()) {
      add(here, path, 'text with half a character in it (a lone surrogate)');
    }
    const simple = ['string', 'number', 'boolean'].includes(typeof value);
    return { kind: 'scalar', place: here, value: simple ? (value as string) : null };
  };
  return walk(root, [], placeOf(rangeOf(root) ?? 0));
}

function rangeOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)
    ? node.range?.[0]
    : undefined;
}
