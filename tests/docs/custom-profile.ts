import { stringify } from 'yaml';
import type { JsonSchema } from '../../lib/profile/json-schema.ts';

const HEAD = `# yaml-language-server: $schema=./profile.schema.json

# A topology of your own: every group is empty, and every key that a profile may have is here with what it means.
# Copy this file, name your hosts, put their names into groups, and take the # from what you need.
# What is not given has the default that stands here or is said in words; NAME stands for a name of your choice.
`;

const WIDTH = 118;

/** The text of `profiles/custom.yaml`: hosts and groups to fill in, everything else as comments. */
export function customProfile(schema: JsonSchema): string {
  const parts = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const meaning = comment(property.description ?? '', '');
    if (key === 'pocket_network') return `${meaning}${key}: main\n`;
    if (key === 'hosts')
      return `${meaning}${key}: {} # instead of {}, on lines of their own:\n${commented(body(property, '  '))}`;
    if (Array.isArray(property.default)) return `${meaning}${key}: []\n`;
    return meaning + commented(`${key}:${value(property, '')}`);
  });
  return [HEAD, ...parts].join('\n');
}

function value(schema: JsonSchema, indent: string): string {
  const below = body(schema, `${indent}  `);
  if (below !== '') return `\n${below}`;
  if (schema.default !== undefined) return ` ${stringify(schema.default).trim()}\n`;
  if (schema.enum) return ` ${schema.enum.join(' | ')}\n`;
  if (schema.anyOf?.some(({ items }) => items) || schema.items) return ' []\n';
  if (schema.type === 'object') return ' {}\n';
  if (schema.type === 'boolean') return ' true | false\n';
  return ' …\n';
}

/** The keys below a mapping, or below one of the names of a mapping of names. */
function body(schema: JsonSchema, indent: string): string {
  const mapping = schema.properties ? schema : schema.anyOf?.find(({ properties }) => properties);
  if (mapping?.properties) {
    return Object.entries(mapping.properties)
      .map(
        ([key, property]) =>
          comment(property.description ?? '', indent) +
          `${indent}${key}:${value(property, indent)}`,
      )
      .join('');
  }
  const named = schema.additionalProperties;
  if (typeof named !== 'object') return '';
  const below = body(named, `${indent}  `);
  return `${indent}NAME:${below === '' ? value(named, indent) : `\n${below}`}`;
}

/** Text as comment lines of at most 120 columns. */
function comment(text: string, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (indent.length + line.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `${indent}# ${line}\n`).join('');
}

function commented(text: string): string {
  return text.replace(/^(?=.)/gm, '# ');
}
