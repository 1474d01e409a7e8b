import type { JsonSchema } from '../../lib/profile/json-schema.ts';
import { code, table } from '../../lib/report/markdown.ts';

/** One mapping of the profile: where it is, and a row for each of its keys. */
interface Section {
  path: string;
  body: string;
}

/** The reference of a profile's keys, in Markdown; mappings that look alike are described once. */
export function profileReference(schema: JsonSchema): string {
  const [top, ...rest] = sectionsOf('', schema);
  const alike = Map.groupBy(rest, ({ path, body }) => `${path.split('.').length} ${body}`);
  const sections = [...alike.values()].map(
    (same) => `## ${pathOfAll(same.map(({ path }) => path))}\n\n${same[0]!.body}\n`,
  );
  return [top!.body, '', ...sections].join('\n');
}

/** `a.{b,c}.d` for `a.b.d` and `a.c.d`. */
function pathOfAll(paths: readonly string[]): string {
  const split = paths.map((path) => path.split('.'));
  const merged = split[0]!.map((_, index) => {
    const words = [...new Set(split.map((path) => path[index]))];
    return words.length === 1 ? words[0] : `{${words.join(',')}}`;
  });
  return merged.join('.');
}

function sectionsOf(path: string, schema: JsonSchema): Section[] {
  const required = (schema.required ?? []) as string[];
  const entries = Object.entries(schema.properties ?? {});
  const rows = entries.map(([key, property]) => [
    code(key),
    property.description ?? '',
    kindOf(property),
    required.includes(key) ? 'must be given' : shownDefault(property.default),
  ]);
  const own = { path, body: table(['Key', 'Meaning', 'Value', 'Default'], rows) };
  const below = entries.flatMap(([key, property]) =>
    mappingsIn(path === '' ? key : `${path}.${key}`, property),
  );
  return [own, ...below];
}

function mappingsIn(path: string, schema: JsonSchema): Section[] {
  if (schema.properties) return sectionsOf(path, schema);
  if (schema.anyOf) return schema.anyOf.flatMap((one) => mappingsIn(path, one));
  if (schema.items) return mappingsIn(`${path}[]`, schema.items);
  const { additionalProperties: named } = schema;
  return typeof named === 'object' ? mappingsIn(`${path}.NAME`, named) : [];
}

function kindOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((word) => code(String(word))).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(', or ');
  if (schema.items) return `a list: ${kindOf(schema.items)}`;
  if (schema.properties) return 'a mapping, below';
  if (typeof schema.additionalProperties === 'object') {
    return `a mapping of names: ${kindOf(schema.additionalProperties)}`;
  }
  if (schema.type === 'integer') return numberKind(schema);
  return schema.type === 'boolean' ? '`true`, `false`' : 'text';
}

function numberKind({ minimum, maximum }: JsonSchema): string {
  return maximum === Number.MAX_SAFE_INTEGER
    ? `a whole number, ${minimum} or more`
    : `a whole number from ${minimum} to ${maximum}`;
}

function shownDefault(value: unknown): string {
  if (value === undefined || JSON.stringify(value) === '{}') return '';
  return Array.isArray(value) ? 'none' : code(String(value));
}
