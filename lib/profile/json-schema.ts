import * as z from 'zod';
import { profileSchema } from './schema.ts';

/** A JSON Schema, as far as this project reads one. */
export interface JsonSchema {
  description?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  [other: string]: unknown;
}

/** The JSON Schema of a profile, which gives editors completion; `profiles/profile.schema.json` holds it. */
export function profileJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(profileSchema, { io: 'input' }) as JsonSchema;
  return { ...schema, title: 'A Pocket Automations profile' };
}

/** The keys that a profile may have at a path, as far as the schema names them. */
export function knownKeys(path: readonly (string | number)[]): string[] {
  let here: JsonSchema[] = [cached()];
  for (const key of path) here = here.flatMap((schema) => step(schema, key));
  return here.flatMap(variants).flatMap((schema) => Object.keys(schema.properties ?? {}));
}

let memory: JsonSchema | undefined;
function cached(): JsonSchema {
  memory ??= profileJsonSchema();
  return memory;
}

function variants(schema: JsonSchema): JsonSchema[] {
  return schema.anyOf ? schema.anyOf.flatMap(variants) : [schema];
}

function step(schema: JsonSchema, key: string | number): JsonSchema[] {
  return variants(schema).flatMap((one) => {
    if (typeof key === 'number') return one.items ? [one.items] : [];
    const property = one.properties?.[key];
    if (property) return [property];
    return typeof one.additionalProperties === 'object' ? [one.additionalProperties] : [];
  });
}
