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
export function readYamlFile(option: string, path: string): unknown {
  const refuse = (why: string) => new UserError(`${option} ${path}: ${why}`, EXIT.usage);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`);
  }
  try {
    return parse(text);
  } catch (error) {
    // Below its first line, the parser shows the file, in which there may be a secret.
    const [problem = ''] = (error as Error).message.split(/:?\n/);
    throw refuse(`not valid YAML: ${problem}`);
  }
}
