import { type JsonSchema, profileJsonSchema } from '../../lib/profile/json-schema.ts';
import type { Data } from './full-profile.ts';

/** Where a text is in a profile: `*` stands for every key of a mapping, `#` for every item of a list, `@` for a key itself. */
export type Field = readonly string[];

/** Every text that a profile may hold, by its schema. */
export function stringFields(): string[] {
  const found = new Set<string>();
  const visit = (schema: JsonSchema, path: Field): void => {
    for (const one of schema.anyOf ?? []) visit(one, path);
    for (const [key, one] of Object.entries(schema.properties ?? {})) visit(one, [...path, key]);
    if (schema.propertyNames) found.add([...path, '@'].join(' '));
    if (typeof schema.additionalProperties === 'object')
      visit(schema.additionalProperties, [...path, '*']);
    if (schema.items) visit(schema.items, [...path, '#']);
    if (schema.type === 'string' && !schema.enum) found.add(path.join(' '));
  };
  visit(profileJsonSchema(), []);
  return [...found];
}

/** The text at a field of a profile, or `undefined` where the profile has none there. */
export function textAt(data: Data | undefined, field: Field): string | undefined {
  const [key, ...rest] = field;
  if (key === undefined) return typeof data === 'string' ? data : undefined;
  if (typeof data !== 'object' || data === null) return undefined;
  const keys = Object.keys(data);
  if (key === '@') return keys[0];
  const chosen = key === '*' || key === '#' ? keys[0] : key;
  return chosen === undefined ? undefined : textAt((data as Record<string, Data>)[chosen], rest);
}

/** A copy of a profile with another text at a field. */
export function withText(data: Data, field: Field, text: string): Data {
  const [key, ...rest] = field;
  if (key === undefined) return text;
  const copy = structuredClone(data) as Record<string, Data>;
  const first = Object.keys(copy)[0] ?? '';
  if (key === '@') {
    const entries = Object.entries(copy).map(([name, value]) => [
      name === first ? text : name,
      value,
    ]);
    return Object.fromEntries(entries);
  }
  const chosen = key === '*' || key === '#' ? first : key;
  copy[chosen] = withText(copy[chosen] ?? {}, rest, text);
  return copy;
}
