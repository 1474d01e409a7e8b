import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { parseOptions } from '../../lib/commands/options.ts';
import { loadDeployment } from '../../lib/deployment.ts';
import { EXIT } from '../../lib/exit-codes.ts';
import { ROLES, type RoleName } from '../../lib/profile/roles.ts';
import { generatePrivateKey } from '../../lib/secrets/keys.ts';
import { ROOT } from '../lab/paths.ts';
import { filledProfiles } from '../profiles.ts';
import { directoryWith } from '../unit/profile/temporary.ts';
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

/** The words of each example that a script's `--help` shows, without the script itself. */
function examplesOf(script: string): string[][] {
  const lines = helpOf(script)
    .split('\n')
    .filter((line) => line.startsWith(`  ${script}`));
  return lines.map((line) => line.trim().split(/\s+/).slice(1));
}

/** The files that examples name, as an operator would have them. */
const FILES = {
  'supplier-keys.yaml': `keys: ["${generatePrivateKey()}"]\n`,
  'services.yaml': 'eth: { backends: { jsonrpc: { url: "http://10.0.0.9:8545" } } }\n',
};

describe('the examples of --help', () => {
  const filled = filledProfiles();
  after(filled.remove);
  for (const script of SCRIPTS) {
    test(`those of ${script} do what they show`, (t) => {
      const examples = examplesOf(script);
      assert.ok(examples.length > 0);
      for (const words of examples) {
        const given = parseOptions(optionsOf(script), words) as Record<string, string | true>;
        if (typeof given.profile === 'string') hasRole(script, given.profile);
        if (given.print) prints(t, script, words);
      }
    });
  }

  /** Fails unless a shipped profile has the role of a script; what is no role's script takes every profile. */
  function hasRole(script: string, profile: string): void {
    const { hosts } = loadDeployment(filled.path(basename(profile, '.yaml')));
    const role = basename(script, '.mjs') as RoleName;
    if (ROLES.includes(role)) {
      assert.ok(
        hosts.some(({ roles }) => roles.includes(role)),
        `${profile} has no ${role}`,
      );
    }
  }

  /** Fails unless the example prints a script. */
  function prints(t: TestContext, script: string, words: readonly string[]): void {
    const home = directoryWith(t, FILES);
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, script), ...words], {
      cwd: home,
      encoding: 'utf8',
      env: { ...process.env, POCKET_AUTOMATIONS_HOME: home },
    });
    assert.equal(status, EXIT.done, `${script} ${words.join(' ')}: ${stderr}`);
    assert.match(stdout, /^#!\/usr\/bin\/env bash\n/);
  }
});
