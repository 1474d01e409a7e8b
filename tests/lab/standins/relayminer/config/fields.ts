/** A small description language for configuration trees, and the decoder that applies it. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Line } from '../line.ts';
import { parseDuration } from './duration.ts';

/** One field: what it holds, its default, and the only line that knows it when not both do. */
export type Field = { only?: Line } & (
  | { kind: 'text'; default?: string }
  | { kind: 'integer'; default?: number | null }
  | { kind: 'number'; default?: number }
  | { kind: 'boolean'; default?: boolean }
  | { kind: 'duration'; default?: string }
  | { kind: 'list'; of: Field }
  | { kind: 'map'; of: Field; default?: Record<string, unknown> }
  | { kind: 'struct'; fields: Fields }
  | { kind: 'endpoint' }
);
export type Fields = Record<string, Field>;

/** Marks fields that only one line knows. */
export function only(line: Line, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([k, field]) => [k, { ...field, only: line }]),
  );
}
export const text = (value = ''): Field => ({ kind: 'text', default: value });
/** An integer; null means "not set". */
export const integer = (value: number | null = 0): Field => ({ kind: 'integer', default: value });
export const number = (value = 0): Field => ({ kind: 'number', default: value });
export const boolean = (value = false): Field => ({ kind: 'boolean', default: value });
export const duration = (value = '0'): Field => ({ kind: 'duration', default: value });
export const list = (of: Field): Field => ({ kind: 'list', of });
export const map = (of: Field, value?: Record<string, unknown>): Field => ({
  kind: 'map',
  of,
  ...(value && { default: value }),
});
export const struct = (fields: Fields): Field => ({ kind: 'struct', fields });

/** Thrown when a configuration cannot be used; the message is one line per problem. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** A decoded file: the values with defaults, and the unknown keys as `line N: path`. */
export type Decoded = { value: Record<string, unknown>; unknown: string[] };

type Context = { line: Line; unknown: string[]; lines: LineCounter };

function at(node: Node | null | undefined, context: Context): string {
  return `line ${context.lines.linePos(node?.range?.[0] ?? 0).line}`;
}

/** The default of a field; durations are in milliseconds. */
function fallback(field: Field): unknown {
  switch (field.kind) {
    case 'list':
      return [];
    case 'map':
      return { ...field.default };
    case 'struct':
      return Object.fromEntries(Object.entries(field.fields).map(([k, f]) => [k, fallback(f)]));
    case 'duration':
      return parseDuration(field.default ?? '0');
    case 'endpoint':
      return { name: '', url: '' };
    default:
      return field.default ?? { text: '', integer: 0, number: 0, boolean: false }[field.kind];
  }
}

function scalar(node: Node, field: Field, path: string, context: Context): unknown {
  const value = isScalar(node) ? node.value : undefined;
  const refuse = (): never => {
    throw new ConfigError(
      `${at(node, context)}: ${path}: cannot unmarshal ${JSON.stringify(node.toJSON())} into ${field.kind}`,
    );
  };
  switch (field.kind) {
    case 'text':
      if (typeof value === 'string') return value;
      return isScalar(node) && value !== null ? String(node.source ?? value) : refuse();
    case 'integer':
      return Number.isSafeInteger(value) ? value : refuse();
    case 'number':
      return typeof value === 'number' ? value : refuse();
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse();
    default: {
      const parsed = typeof value === 'number' ? value / 1e6 : parseDuration(String(value));
      return parsed ?? refuse();
    }
  }
}

function decode(
  node: Node | null,
  field: Field,
  base: unknown,
  path: string,
  context: Context,
): unknown {
  const empty = !node || (isScalar(node) && node.value === null);
  if (empty) return field.kind === 'map' ? {} : field.kind === 'list' ? [] : base;
  const wrong = (what: string): never => {
    throw new ConfigError(`${at(node, context)}: ${path}: expected a ${what}`);
  };
  switch (field.kind) {
    case 'list':
      if (!isSeq(node)) return wrong('list');
      return node.items.map((item, i) =>
        decode(item as Node, field.of, fallback(field.of), `${path}[${i}]`, context),
      );
    case 'map': {
      if (!isMap(node)) return wrong('mapping');
      const entries = node.items.map(({ key, value }) => {
        const name = String((key as Node).toJSON());
        return [
          name,
          decode(value as Node, field.of, fallback(field.of), `${path}.${name}`, context),
        ];
      });
      return { ...(base as object), ...Object.fromEntries(entries) };
    }
    case 'endpoint': {
      if (isScalar(node)) return { name: '', url: scalar(node, text(), path, context) };
      const named = struct({ name: text(), url: text() });
      return decode(node, named, fallback(named), path, context);
    }
    case 'struct': {
      if (!isMap(node)) return wrong('mapping');
      const result = { ...(base as Record<string, unknown>) };
      for (const { key, value } of node.items) {
        const name = String((key as Node).toJSON());
        const child = Object.hasOwn(field.fields, name) ? field.fields[name] : undefined;
        const childPath = path ? `${path}.${name}` : name;
        if (!child || (child.only && child.only !== context.line))
          context.unknown.push(`${at(key as Node, context)}: ${childPath}`);
        else result[name] = decode(value as Node, child, result[name], childPath, context);
      }
      return result;
    }
    default:
      return scalar(node, field, path, context);
  }
}

/** Decodes YAML text over the defaults of `fields`; throws `ConfigError` on bad YAML, duplicate keys, wrong types. */
export function decodeYaml(source: string, fields: Fields, line: Line): Decoded {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true, merge: true });
  const problem = document.errors[0];
  if (problem) throw new ConfigError(`failed to parse config file: yaml: ${problem.message}`);
  const root = struct(fields);
  const context: Context = { line, unknown: [], lines };
  const value = decode(document.contents as Node | null, root, fallback(root), '', context);
  return { value: value as Record<string, unknown>, unknown: context.unknown };
}
