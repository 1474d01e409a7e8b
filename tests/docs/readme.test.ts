import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseOptions } from '../../lib/commands/options.ts';
import { EXIT } from '../../lib/exit-codes.ts';
import { optionsOf, SCRIPTS } from './help.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const README = read('README.md');
const DOCS = [
  'README.md',
  'docs/glossary.md',
  'docs/operations.md',
  'docs/profile.md',
  'docs/reverse-proxy.md',
  'docs/scripts.md',
  'docs/validation.md',
];

/** Everything in the README that is typed: code spans, and the lines of code blocks without prompt and comment. */
function typed(): string[] {
  const blocks = [...README.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, body]) => body!);
  const spans = README.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g);
  const lines = blocks.flatMap((body) => body.split('\n'));
  return [
    ...lines.map((line) => line.replace(/^\$ | +#.*$/g, '')),
    ...[...spans].map(([, span]) => span!),
  ];
}

describe('README.md', () => {
  const rows = [...README.matchAll(/^\| `(scripts\/[a-z-]+\.mjs)` +\| .+ \| (.+) \|$/gm)];

  test('has every script in its table, and no other', () => {
    assert.deepEqual(rows.map(([, script]) => script!).toSorted(), SCRIPTS);
  });

  for (const [, script, options] of rows) {
    test(`names options that ${script} has`, () => {
      const known = Object.keys(optionsOf(script!));
      for (const [, name] of options!.matchAll(/`--([a-z-]+)`/g)) {
        assert.ok(known.includes(name!), `--${name}`);
      }
    });
  }

  test('names only targets that the Makefile has', () => {
    const targets = [...read('Makefile').matchAll(/^([a-z-]+):(?!=)/gm)].map(([, name]) => name!);
    const named = typed().flatMap((line) => /^make ([a-z-]+)/.exec(line)?.[1] ?? []);
    assert.ok(named.includes('lab') && named.includes('test'));
    for (const name of new Set(named)) assert.ok(targets.includes(name), `make ${name}`);
  });

  test('shows only command lines that the scripts accept', () => {
    const commands = typed().filter((line) => /^scripts\/\S+ --/.test(line));
    assert.ok(commands.length >= 7);
    for (const command of commands) {
      const [script, ...words] = command.split(/\s+/);
      assert.doesNotThrow(() => parseOptions(optionsOf(script!), words), command);
    }
  });

  test('says how much memory stacks may take, as their compose files do', () => {
    const mebibytes = (stack: string) => {
      const limits = read(`compose/${stack}/compose.yaml`).matchAll(
        /^ +mem_limit: (\d+)([gm])\b/gm,
      );
      return [...limits].reduce(
        (sum, [, size, unit]) => sum + Number(size) * (unit === 'g' ? 1024 : 1),
        0,
      );
    };
    const [, igniter, temporal, monitoring] =
      /Provider and the Middleman (\d) each, Temporal (\d), monitoring (\d)/
        .exec(README)!
        .map(Number);
    const gibibytes = (stack: string) => Math.round(mebibytes(stack) / 1024);
    assert.deepEqual(['provider', 'middleman', 'temporal', 'monitoring'].map(gibibytes), [
      ...[igniter, igniter],
      ...[temporal, monitoring],
    ]);
  });

  test('has every exit code in its table, and no other', () => {
    const [, table] = /### Exit codes\n\n([\s\S]+?)\n\n/.exec(README)!;
    const codes = [...table!.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    assert.deepEqual(codes, Object.values(EXIT));
  });
});

test('links in the documents lead somewhere', () => {
  for (const document of DOCS) {
    for (const [, link] of read(document).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const [path, anchor] = link!.split('#');
      const target = path ? new URL(path, new URL(document, ROOT)) : new URL(document, ROOT);
      assert.ok(existsSync(target), `${document}: ${link}`);
      if (anchor === undefined) continue;
      const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.+)$/gm)].map(
        ([, heading]) =>
          heading!
            .toLowerCase()
            .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
            .replaceAll(' ', '-'),
      );
      assert.ok(headings.includes(anchor), `${document}: ${link}`);
    }
  }
});
