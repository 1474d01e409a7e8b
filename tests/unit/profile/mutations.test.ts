import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadDeployment } from '../../../lib/deployment.ts';
import { ProfileError } from '../../../lib/profile/problem.ts';
import { directoryWith } from './temporary.ts';

const CASES = 2000;
const LIMIT_MS = 2000;
const GOOD = readFileSync(
  new URL('../../../profiles/all-in-one-lab.yaml', import.meta.url),
  'utf8',
);
const SNIPPETS = [
  ': ',
  '- ',
  '  ',
  '\t',
  '\n',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  '&a ',
  '*a',
  '!!set ',
  '<<: *a',
  '| ',
  '> ',
  '#',
  '%',
  '---\n',
  '...\n',
  '? ',
  '@',
  '`',
  '\u0000',
  '\u2028',
  '\ufeff',
  '😀',
  '\r',
  '__proto__: 1\n',
  'constructor: {}\n',
  'null',
  '.nan',
  '-0',
  '1e999',
  '0x1F',
  '~',
  'true',
  '[[[[[[[[',
  '{{{{{{{{',
  'extends: .\n',
  'extends: ../p.yaml\n',
];

/** A small generator with a seed (mulberry32), so that a failing case can be had again by its number. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutate(text: string, random: (below: number) => number): string {
  const lines = text.split('\n');
  const line = random(lines.length);
  const at = random(text.length);
  switch (random(6)) {
    case 0:
      return text.slice(0, at) + SNIPPETS[random(SNIPPETS.length)] + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random(20));
    case 2:
      return lines.toSpliced(line, 1 + random(3)).join('\n');
    case 3:
      return lines.toSpliced(line, 0, lines[random(lines.length)]!).join('\n');
    case 4:
      return lines.with(line, ' '.repeat(random(6)) + lines[line]!.trimStart()).join('\n');
    default:
      return text.slice(0, at) + String.fromCharCode(32 + random(95)) + text.slice(at + 1);
  }
}

test(`${CASES} broken profiles: never a stack trace, always located, each within 2 seconds`, (t) => {
  const path = join(directoryWith(t, {}), 'p.yaml');
  let refused = 0;
  for (let seed = 0; seed < CASES; seed += 1) {
    const random = randomFrom(seed);
    let text = GOOD;
    for (let change = 0; change <= random(4); change += 1) text = mutate(text, random);
    writeFileSync(path, text);
    const started = performance.now();
    try {
      loadDeployment(path);
    } catch (error) {
      refused += 1;
      assert.ok(error instanceof ProfileError, `case ${seed}: ${(error as Error).stack}`);
      for (const line of error.message.split('\n')) {
        assert.match(
          line,
          /^\S+\.yaml:[1-9]\d*:[1-9]\d* |^\/\S+:1:1 is not a file$/,
          `case ${seed}`,
        );
      }
      for (const problem of error.problems) {
        const lines = text.split(/\r\n?|\n/).length;
        assert.ok(problem.line <= lines + 1, `case ${seed}: line ${problem.line} of ${lines}`);
      }
    }
    const took = performance.now() - started;
    assert.ok(took < LIMIT_MS, `case ${seed} took ${Math.round(took)} ms`);
  }
  assert.ok(
    refused > CASES / 3,
    `only ${refused} of ${CASES} were refused: the test is too gentle`,
  );
});
