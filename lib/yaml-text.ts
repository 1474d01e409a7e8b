import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { EXIT, UserError } from './exit-codes.ts';

/**
 * A YAML document with a comment on top. Strings are always quoted where another reader could take them for
 * something else, such as an all-digit key for a number; an absent value leaves no key.
 */
export function yaml(comment: string, value: object): string {
  const body = stringify(value, {
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    version: '1.1',
  });
  return `# ${comment} Written by Pocket Automations; changes made here are lost.\n${body}`;
}

/** The value of a YAML file that an option names. Throws UserError, exit code 2, when it cannot be read. */
export function readYamlFile(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path}: ${(error as Error).message}`, EXIT.usage);
  }
}
