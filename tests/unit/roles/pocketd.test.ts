import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { loadDeployment } from '../../../lib/deployment.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { pocketd } from '../../../scripts/pocketd.mjs';
import { ROOT } from '../../lab/paths.ts';
import { directoryWith } from '../profile/temporary.ts';
import { bash } from './deployed.ts';

/** The script's install step, at work in a directory of its own instead of /usr/local. */
function scene(t: TestContext, settings = '', host = '203.0.113.7') {
  const root = directoryWith(t, {
    'p.yaml': `pocket_network: beta\nhosts: {one: ${host}}\npocket_cli_hosts: [one]\n${settings}\n`,
  });
  const deployment = loadDeployment(join(root, 'p.yaml'), { root });
  const secrets = loadSecrets(deployment, { create: true });
  const steps = pocketd.steps({ deployment, host: deployment.host('one'), secrets });
  const local = join(root, 'local');
  mkdirSync(join(local, 'bin'), { recursive: true });
  mkdirSync(join(local, 'share', 'pocketd'), { recursive: true });
  const moved = (script: string) => script.replaceAll('/usr/local', local);
  const install = steps.find(({ title }) => title.startsWith('Install pocketd'));
  assert.ok(install);
  const program = join(local, 'bin', 'pocketd');
  return {
    steps,
    program,
    share: join(local, 'share', 'pocketd'),
    /** Installs, with `archive` as what the download brings. Throws with what the step said. */
    install: (archive: string, machine = 'x86_64') =>
      bash(
        moved(install.apply.text),
        `uname() { echo ${machine}; }; chown() { :; }
         curl() { while [[ $1 != --output ]]; do shift; done; cp ${archive} "$2"; }`,
      ),
    installed: (machine = 'x86_64') => {
      try {
        bash(moved(install.check.text), `uname() { echo ${machine}; }`);
        return true;
      } catch {
        return false;
      }
    },
    archive: (name: string, version: string, member = 'pocketd') => {
      const directory = join(root, name);
      mkdirSync(directory);
      writeFileSync(join(directory, member), `#!/bin/sh\necho ${version}\n`);
      chmodSync(join(directory, member), 0o755);
      const file = join(root, `${name}.tar.gz`);
      execFileSync('tar', ['-czf', file, '-C', directory, ...readdirSync(directory)]);
      return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
    },
  };
}

const said = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
  return 'it did not fail';
};

/** A scene that wants exactly this archive. */
function wanting(t: TestContext, version: string, says = version.slice(1), member?: string) {
  const made = scene(t).archive('made', says, member);
  const sha256 = `{amd64: ${made.sha256}}`;
  return { ...scene(t, `pocketd: {version: ${version}, sha256: ${sha256}}`), made };
}

test('what was verified is installed, and is then left alone', (t) => {
  const { install, installed, made, program } = wanting(t, 'v9.8.7');
  assert.equal(installed(), false);
  install(made.file);
  assert.equal(execFileSync(program, { encoding: 'utf8' }), '9.8.7\n');
  assert.equal(installed(), true);
  writeFileSync(program, '#!/bin/sh\necho 9.8.7\n# changed since\n');
  assert.equal(installed(), false, 'the program is not the one that was installed');
});

describe('the old program stays, and it is said why, when', () => {
  const cases: [string, (t: TestContext) => { text: string; program: string }, RegExp][] = [
    [
      'the archive is another',
      (t) => {
        const one = wanting(t, 'v9.8.7');
        writeFileSync(one.program, 'old');
        return { ...one, text: said(() => one.install(one.archive('other', '9.8.7x').file)) };
      },
      /has the sha256 [0-9a-f]{64}, and [0-9a-f]{64} is wanted: nothing was replaced/,
    ],
    [
      'the program in it is of another version',
      (t) => {
        const one = wanting(t, 'v9.8.7', '9.8.70');
        writeFileSync(one.program, 'old');
        return { ...one, text: said(() => one.install(one.made.file)) };
      },
      /says that it is 9\.8\.70, and v9\.8\.7 is wanted: nothing was replaced/,
    ],
    [
      'the archive holds something else',
      (t) => {
        const one = wanting(t, 'v9.8.7', '9.8.7', 'poktrolld');
        writeFileSync(one.program, 'old');
        return { ...one, text: said(() => one.install(one.made.file)) };
      },
      /holds something else than one file called pocketd: nothing was replaced/,
    ],
    [
      'no sha256 is known for the processor',
      (t) => {
        const one = wanting(t, 'v9.8.7');
        writeFileSync(one.program, 'old');
        return { ...one, text: said(() => one.install(one.made.file, 'aarch64')) };
      },
      /no pocketd\.sha256 for arm64/,
    ],
  ];
  for (const [what, run, message] of cases) {
    test(what, (t) => {
      const { text, program } = run(t);
      assert.match(text, message);
      assert.equal(readFileSync(program, 'utf8'), 'old');
    });
  }
});

test('a build from after the release counts as the release', (t) => {
  const { install, installed, made } = wanting(t, 'v9.8.7', '9.8.7-1a2b3c4d');
  install(made.file);
  assert.ok(installed());
});

test('peer defect D39 cannot happen here: another version in the profile is another version on the host', (t) => {
  const one = wanting(t, 'v9.8.7');
  one.install(one.made.file);
  const { file, sha256 } = one.archive('next', '9.8.8');
  const next = scene(t, `pocketd: {version: v9.8.8, sha256: {amd64: ${sha256}}}`);
  execFileSync('cp', ['-a', `${one.share}/.`, next.share]);
  execFileSync('cp', ['-a', one.program, next.program]);
  assert.equal(next.installed(), false);
  next.install(file);
  assert.ok(next.installed());
  assert.equal(execFileSync(next.program, { encoding: 'utf8' }), '9.8.8\n');
  const previous = join(next.share, 'previous');
  assert.equal(execFileSync(previous, { encoding: 'utf8' }), '9.8.7\n', 'a way back');
  assert.deepEqual(readdirSync(next.share).toSorted(), ['previous', 'receipt']);
});

describe('the profile', () => {
  const problem = (t: TestContext, settings: string, host?: string) => {
    try {
      scene(t, settings, host);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  test('needs no sha256 for releases that are known', (t) => {
    for (const version of ['v0.1.33', 'v0.1.34', 'v0.1.35'])
      assert.equal(problem(t, `pocketd: {version: ${version}}`), '');
  });
  test('needs one for every other, and for the processor of each host that tells it', (t) => {
    assert.match(problem(t, 'pocketd: {version: v0.1.36}'), /sha256 of v0\.1\.36 is not known/);
    const one = `pocketd: {version: v0.1.36, sha256: {amd64: ${'ab'.repeat(32)}}}`;
    assert.equal(problem(t, one), '');
    const arm = '{address: 203.0.113.7, architecture: arm64}';
    assert.match(problem(t, one, arm), /hosts\.one is arm64/);
  });
  test('takes no version that moves', (t) => {
    for (const version of ['latest', '0.1.35', 'v0.1'])
      assert.match(problem(t, `pocketd: {version: ${version}}`), /an exact tag such as v0\.1\.35/);
  });
});

test('the client is told network and chain, and nothing of a keyring', (t) => {
  const titles = scene(t).steps.map(({ title }) => title);
  assert.deepEqual(titles.slice(-2), [
    'Set pocketd’s node to https://sauron-rpc.beta.infra.pocket.network for whoever logs in',
    'Set pocketd’s chain-id to pocket-lego-testnet for whoever logs in',
  ]);
});

test('no script ever runs a keyring command, makes a wallet, or sends a transaction', () => {
  const sources = ['scripts', 'lib', 'compose']
    .flatMap((directory) =>
      readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(ROOT, directory, name),
      ),
    )
    .filter((path) => /\.(?:ts|mjs|bash|sh|yaml)$/.test(path));
  assert.ok(sources.length > 100);
  const forbidden =
    /keyring-(?:backend|dir)|\bkeys (?:add|import-hex|delete|mnemonic)\b|\bpocketd\b[^\n'"`]* (?:keys|tx|init|faucet)\b|\$\{PROGRAM\} (?:keys|tx)\b|--recover\b|unarmored/;
  for (const path of sources) assert.doesNotMatch(readFileSync(path, 'utf8'), forbidden, path);
  const script = readFileSync(join(ROOT, 'scripts', 'pocketd.mjs'), 'utf8');
  const uses = [...script.matchAll(/(?:\$\{PROGRAM\}|pocketd") ([a-z]+)/g)].map(([, verb]) => verb);
  assert.deepEqual([...new Set(uses)].toSorted(), ['config', 'version']);
});
