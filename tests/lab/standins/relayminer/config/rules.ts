import { ConfigError } from './fields.ts';

/** A decoded section; the field tables guarantee the shape that the rules read. */
// biome-ignore lint/suspicious/noExplicitAny: the shape follows the field tables, which the compiler cannot see
export type Value = Record<string, any>;

/** Throws a `ConfigError` with `message` unless `holds`. */
export function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new ConfigError(message);
}
