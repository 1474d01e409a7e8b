import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { generatePrivateKey, parseSupplierKeys } from '../../lib/secrets/keys.ts';
import { ROOT } from '../lab/paths.ts';
import { filledProfiles } from '../profiles.ts';
import { directoryWith } from './profile/temporary.ts';

/** The lines of the README's section about supplier keys that are typed, each without its indent. */
const [, SECTION = ''] = /### Where supplier keys come from\n([\s\S]*?)\n### /.exec(
  readFileSync(join(ROOT, 'README.md'), 'utf8'),
)!;
const TYPED = [...SECTION.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, lines = '']) =>
  lines.trim().split(/\n\s*/),
);

/** A copy of the profile that the README deploys, whose keys do not exist yet. */
function newcomer(t: TestContext) {
  const filled = filledProfiles();
  t.after(filled.remove);
  const home = directoryWith(t, {});
  const profile = join(filled.directory, 'my-node.yaml');
  const keys = join(home, 'deployments/my-node/supplier-keys.yaml');
  const relayminer = { keys_file: keys };
  writeFileSync(profile, stringify({ extends: filled.path('production-single-host'), relayminer }));
  const run = (line: string, ...words: string[]) => {
    const [script = '', ...typed] = line.replace('profiles/my-node.yaml', profile).split(' ');
    return spawnSync(process.execPath, [join(ROOT, script), ...typed, ...words], {
      encoding: 'utf8',
      env: { ...process.env, POCKET_AUTOMATIONS_HOME: home, NO_COLOR: '1' },
    });
  };
  return { home, keys, profile, run };
}

const DEPLOY = 'scripts/deploy.mjs --profile profiles/my-node.yaml';

test('the Provider is deployed, and reported, before there are supplier keys', (t) => {
  const { home, run } = newcomer(t);
  const [deploy = '', report = ''] = TYPED;
  assert.match(deploy, /^scripts\/deploy\.mjs .*provider$/);
  const printed = run(deploy, '--print');
  assert.equal(printed.status, 0, printed.stderr);
  assert.match(printed.stdout, /\/opt\/pocket\/provider/);
  assert.doesNotMatch(printed.stdout, /\/opt\/pocket\/relayminer/);
  const reported = run(report);
  assert.equal(reported.status, 0, reported.stderr);
  assert.match(
    readFileSync(join(home, 'reports/my-node/report.md'), 'utf8'),
    /Supplier\S* keys: .*supplier-keys\.yaml.* has none yet/,
  );
  const alone = run('scripts/provider.mjs --profile profiles/my-node.yaml', '--print');
  assert.equal(alone.status, 0, alone.stderr);
});

test('what needs the keys is refused without them, before any host is asked', (t) => {
  const { home, keys, profile, run } = newcomer(t);
  const first = TYPED[0]!.replace('profiles/my-node.yaml', profile);
  for (const line of [DEPLOY, `${DEPLOY} --only redis,relayminer`, `${DEPLOY} --only monitoring`]) {
    const refused = run(line, '--yes');
    assert.equal(refused.status, 2, line);
    assert.ok(
      refused.stderr.startsWith(`relayminer.keys_file: ${keys} does not exist yet; `),
      refused.stderr,
    );
    assert.ok(refused.stderr.endsWith(`so deploy it first:\n  ${first}\n`), refused.stderr);
    assert.ok(!existsSync(join(home, 'deployments')), 'nothing was begun');
  }
});

test('the command of the README makes the keys file of what the portal exports', (t) => {
  const { home, keys, run } = newcomer(t);
  assert.equal(run(TYPED[0]!, '--print').status, 0);
  const made = [generatePrivateKey(), generatePrivateKey()];
  // As Keys → Generate and Keys → Export write it: igniter, apps/provider, keys/exportUtils.ts, v0.9.
  const exported = made.map((hex) => ({ hex }));
  for (const text of [JSON.stringify(exported), JSON.stringify(exported, null, 2)]) {
    writeFileSync(join(home, 'keys.json'), text);
    const { status, stderr } = spawnSync('bash', ['-c', TYPED[2]!], {
      cwd: home,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const found = parseSupplierKeys(readFileSync(keys, 'utf8'), keys);
    assert.deepEqual(
      found.map(({ privateKey }) => privateKey.reveal()),
      made,
    );
    assert.equal(statSync(keys).mode & 0o777, 0o600);
    rmSync(keys);
  }
});

test('the command of the README leaves the keys file as it is without what the portal exports', (t) => {
  const { home, keys, run } = newcomer(t);
  assert.equal(run(TYPED[0]!, '--print').status, 0);
  writeFileSync(keys, 'keys: ["of before"]\n');
  const { status } = spawnSync('bash', ['-c', TYPED[2]!], { cwd: home });
  assert.notEqual(status, 0);
  assert.equal(readFileSync(keys, 'utf8'), 'keys: ["of before"]\n');
});
