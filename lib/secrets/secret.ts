import { inspect } from 'node:util';

/** A value that must not be seen: printed, logged, inspected or serialized it is `***`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}

const SHORTEST_MASKED = 6;

/**
 * Every form in which a value may turn up: itself, percent-encoded, base64 (also URL-safe, also without padding),
 * and as it stands inside a JSON string.
 */
export function formsOf(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64');
  const forms = [
    value,
    encodeURIComponent(value),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
    JSON.stringify(value).slice(1, -1),
  ];
  return [...new Set(forms)];
}

/**
 * Replaces every form of every value in a text by `***`, the longest first, so that a value that contains another
 * leaves nothing behind. Values of fewer than 6 characters are left alone: they would mask ordinary words.
 */
export function maskWith(values: readonly string[], text: string): string {
  return values
    .filter((value) => value.length >= SHORTEST_MASKED)
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, value) => masked.replaceAll(value, '***'), text);
}
