import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type JsonSchema, profileJsonSchema } from '../../../lib/profile/json-schema.ts';

const FILE = new URL('../../../profiles/profile.schema.json', import.meta.url);

test('the schema for editors is current: UPDATE_SCHEMA=1 writes it anew', () => {
  const schema = JSON.parse(JSON.stringify(profileJsonSchema()));
  if (process.env.UPDATE_SCHEMA) writeFileSync(FILE, `${JSON.stringify(schema, null, 2)}\n`);
  assert.deepEqual(JSON.parse(readFileSync(FILE, 'utf8')), schema);
});

test('every property is described', () => {
  const undescribed: string[] = [];
  const visit = (schema: JsonSchema, path: string): void => {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (!property.description) undescribed.push(`${path}${key}`);
      visit(property, `${path}${key}.`);
    }
    for (const inner of [schema.additionalProperties, schema.items, ...(schema.anyOf ?? [])]) {
      if (typeof inner === 'object') visit(inner, path);
    }
  };
  visit(profileJsonSchema(), '');
  assert.deepEqual(undescribed, []);
});
