import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatProblem } from '../../../lib/profile/problem.ts';
import { parseYaml } from '../../../lib/profile/yaml.ts';

function problemsOf(text: string): string[] {
  return parseYaml(text, 'p.yaml').problems.map((problem) =>
    formatProblem(problem).replace(' not valid YAML:', ''),
  );
}

const QUOTE = 'this quote is never closed';
const BRACKET = 'this bracket is never closed';
const BRACE = 'this brace is never closed';
const indented = (own: number, line?: number, its?: number) =>
  `indented by ${own}${line ? `, but line ${line} by ${its}` : ''}: what belongs together begins in one column`;

/** What is wrong, the text, and what is said of it. */
const CASES: [title: string, text: string, lines: string[]][] = [
  ['a quote that nothing closes', 'name: "abc\nhosts:\n  a: x\n', [`1:7 ${QUOTE}`]],
  ['a quote, with others below', 'a:\n  b: "c\n  d: "e"\nf: g\n', [`2:6 ${QUOTE}`]],
  ['a single quote', "name: 'abc\nhosts:\n  a: it's\n", [`1:7 ${QUOTE}`]],
  ['a quote in a bracket', 'a: [b, "c]\nd: e\n', [`1:8 ${QUOTE}`]],
  ['a bracket', 'name: x\nhosts: [a, b\nfoo: y\n', [`2:8 ${BRACKET}`]],
  ['a bracket at the end of the file', 'hosts: [a, [b]\n', [`1:8 ${BRACKET}`]],
  ['a bracket that reaches into the next key', 'a: [x, y\n    b: z\nc: d\n', [`1:4 ${BRACKET}`]],
  ['a brace', 'hosts:\n  a: {address: x\n  b: y\n', [`2:6 ${BRACE}`]],
  ['a brace that is the whole file', '{hosts: {a: b}\n', [`1:1 ${BRACE}`]],
  ['a bracket in a brace', 'hosts: {a: [b, c}\n', [`1:12 ${BRACKET}`]],
  ['a key alone', 'hosts\n  a: x\n  b: y\nfoo: z\n', ['1:6 a colon is missing after hosts']],
  ['a key alone below another', 'a: b\nhosts\n  c: x\n', ['2:6 a colon is missing after hosts']],
  ['a key above a list', 'a: b\nhosts\n  - c\nd: e\n', ['2:6 a colon is missing after hosts']],
  ['a key with a remark', 'a: b\nhosts # all\n  c: x\n', ['2:6 a colon is missing after hosts']],
  ['a key without anything', 'redis:\n  mode\n  x: y\n', ['2:7 a colon is missing after mode']],
  ['a key at the end', 'a: b\nhosts\n', ['2:6 a colon is missing after hosts']],
  ['a word that may be a secret', 'my_password:\nhunter\nx: y\n', ['2:7 a colon is missing']],
  ['another', 'secrets:\n  a: b\n  hunter:x\n', ['3:10 a space is missing']],
  ['no space after a colon', 'h:\n  b: c\n  a:root@x\n', ['3:5 a space is missing after a:']],
  ['no space at first', 'h:\n  a:root@x\n  b: c\n', ['2:5 a space is missing after a:']],
  ['no space after a dash', 'a:\n  - b\n  -c\n', ['3:4 a space is missing after -']],
  ['deeper than its sibling', 'n: x\nh:\n  a: x\n   b: y\n', [`4:4 ${indented(3, 3, 2)}`]],
  ['deeper than the file', 'name: x\n  foo: y\n', [`2:3 ${indented(2, 1, 0)}`]],
  ['less deep', 'name: x\nh:\n   a: x\n\n  # y\n  b: y\n', [`6:3 ${indented(2, 3, 3)}`]],
  ['less deep, below a child', 'h:\n   a:\n     x: 1\n  b: y\n', [`4:3 ${indented(2, 2, 3)}`]],
  ['deeper in an item', 'l:\n  - url: x\n     foo: y\n', [`3:6 ${indented(5, 2, 4)}`]],
  ['less deep in an item', 'l:\n  - url: x\n   foo: y\n', [`3:4 ${indented(3, 2, 4)}`]],
  ['deeper than nothing', 'h:\n  a: x\n   b\n   c: y\n', [`4:4 ${indented(3)}`]],
  ['an item among keys', 'a:\n  b: c\n  - d\n', ['3:3 an item of a list among keys']],
  ['an item beside its key', 'a: - b\n', ['1:4 this does not belong here']],
  ['an item less deep', 'h:\n  - a\n - b\n', [`3:2 ${indented(1, 2, 2)}`]],
  ['with Windows line ends', 'h:\r\n  a: x\r\n   b: y\r\n', [`3:4 ${indented(3, 2, 2)}`]],
  [
    'values that begin with what they cannot',
    'a: @pass\nb: %pass\nc: `pass\n',
    ['@', '%', '`'].map(
      (sign, index) => `${index + 1}:4 a value cannot begin with ${sign}: put it in quotes`,
    ),
  ],
  ['a directive', '%pass: x\n', ['1:1 a line cannot begin with %: put the key in quotes']],
  ['a comma, on one line', 'a: {x: y z: w}\n', ['1:8 a comma is missing before the next key']],
  ['a comma, on two', 'a: {x: y\n  z: w}\nb: c\n', ['1:8 a comma is missing before the next key']],
  [
    'a backslash',
    'a: "\\d"\n',
    ['1:5 a backslash in double quotes: put the value in single quotes'],
  ],
];

describe('what is no YAML is said in words of the one who wrote it, where it can be mended', () => {
  for (const [title, text, lines] of CASES) {
    test(title, () =>
      assert.deepEqual(
        problemsOf(text),
        lines.map((line) => `p.yaml:${line}`),
      ),
    );
  }
});
