const WORDS =
  'password|passwd|secret|admin|root|user|test|default|example|postgres|temporal|igniter|provider|middleman|redis|grafana|letmein|welcome|qwerty|todo|none|null';

/**
 * What nobody made up for a deployment of theirs: what stands in examples and upstream's defaults, and keys that are a
 * digit or a count over and over. An extended regular expression for the whole value in lower case, without anything
 * that JavaScript and awk would read differently, such as an empty alternative. Sources: igniter, docker and tilt .env
 * files, v0.9 (`igniter`, `postgres`, `temporal`).
 */
export const WEAK = [
  '(change|replace)[-_ ]?(me|this|it).*',
  '(your|insert|enter|put)[-_ ].*',
  'placeholder.*',
  '<.*>',
  '[$][{].*',
  '[{][{].*',
  '@[{].*',
  `(${WORDS})([-_ ]?(${WORDS}))*[0-9!]*`,
  '(0123456789abcdef)+',
  '(1234567890)+(12|1234|123456|12345678)?',
  '0+1',
  ...[...'0123456789abcdefx*'].map((digit) => `[${digit}]+`),
].join('|');

const PATTERN = new RegExp(`^(?:${WEAK})$`);

/** Whether a secret is one that anybody would try first. */
export function isWeak(secret: string): boolean {
  return secret.trim() === '' || PATTERN.test(secret.trim().toLowerCase());
}
