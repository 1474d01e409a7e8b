import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseOptions } from '../../lib/commands/options.ts';
import { helpOf, optionsOf, SCRIPTS } from './help.ts';
import { assertCurrent } from './markdown-file.ts';

const INTRODUCTION = `# Scripts

Every script of \`scripts/\`, with its options, as \`--help\` prints them. \`profiles/all-in-one-lab.yaml\` stands for your profile; the words are explained in the [glossary](glossary.md), the keys of a profile in [profile.md](profile.md).
`;

test('docs/scripts.md is current: UPDATE_DOCS=1 writes it anew', () => {
  const sections = SCRIPTS.map(
    (script) => `## ${script}\n\n\`\`\`text\n${helpOf(script).trimEnd()}\n\`\`\`\n`,
  );
  assertCurrent('docs/scripts.md', [INTRODUCTION, ...sections].join('\n'));
});

describe('the examples of --help', () => {
  for (const script of SCRIPTS) {
    test(`${script} accepts its own`, () => {
      const examples = helpOf(script)
        .split('\n')
        .filter((line) => line.startsWith(`  ${script}`));
      assert.ok(examples.length > 0);
      for (const example of examples) {
        parseOptions(optionsOf(script), example.trim().split(/\s+/).slice(1));
      }
    });
  }
});
