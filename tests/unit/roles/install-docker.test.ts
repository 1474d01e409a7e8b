import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Shell } from '../../../lib/shell.ts';
import { installDocker } from '../../../scripts/install-docker.mjs';
import { localShell } from '../checks/local.ts';
import { runSteps, skip } from '../engine/run.ts';
import { directoryWith } from '../profile/temporary.ts';
import { deployment, ONE_HOST } from './deployed.ts';

const OURS = 'sources.list.d/docker.sources';
const OLD_LIST = 'sources.list.d/docker.list';
const OLD_ENTRY =
  'deb [arch=amd64 signed-by=/usr/share/keyrings/docker-archive-keyring.gpg] https://download.docker.com/linux/debian trixie stable\n';
const OLD_SOURCES = `Types: deb
URIs: https://download.docker.com/linux/debian
Suites: trixie
Components: stable
Signed-By: /usr/share/keyrings/docker.gpg
`;

/** What apt-get does: refuses sources that contradict each other, as apt does, and takes down what it was asked. */
const APT_GET = `#!/bin/sh
echo "$*" >>/etc/apt/asked
case "$*" in *update)
  for one in /etc/apt/sources.list.d/*; do
    [ "$one" = /etc/apt/${OURS} ] || [ ! -e /etc/apt/${OURS} ] || ! grep -q '^[^#]*signed-by\\|^Refused' "$one" || {
      echo 'E: Conflicting values set for option Signed-By regarding source https://download.docker.com/linux/debian/ trixie'
      echo 'E: The list of sources could not be read.'
      exit 100
    }
  done ;;
esac
`;

/** A host without an engine whose /etc/apt has these files, and where steps of the role are run. */
function host(t: TestContext, files: Record<string, string>) {
  const root = directoryWith(t, { 'apt-get': APT_GET });
  chmodSync(join(root, 'apt-get'), 0o755);
  for (const [path, text] of Object.entries({ 'keyrings/docker.asc': 'a key\n', ...files })) {
    mkdirSync(dirname(join(root, 'apt', path)), { recursive: true });
    if (text) writeFileSync(join(root, 'apt', path), text);
  }
  mkdirSync(join(root, 'apt/sources.list.d'), { recursive: true });
  const own = `mount -t tmpfs tmpfs /run
    mount --bind ${root}/apt /etc/apt
    mount --bind ${root}/apt-get "$(command -v apt-get)"
    exec "$@"`;
  const words = [
    'unshare',
    ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
    ...['--mount', 'bash', '-ec', own, 'own'],
  ];
  const { step } = deployment(t, ONE_HOST, 'docker: {source: official}').run(installDocker, 'one');
  const read = (path: string) => {
    const at = join(root, 'apt', path);
    return existsSync(at) ? readFileSync(at, 'utf8') : undefined;
  };
  return {
    read,
    asked: () => read('asked')?.trim().split('\n') ?? [],
    run: async (title: string) => {
      // This machine may have an engine.
      const { check, apply, ...rest } = step(title);
      const without = ({ text }: Shell) =>
        new Shell(text.replaceAll('command -v dockerd', 'false'));
      const one = { ...rest, check: without(check), apply: without(apply) };
      const { events, statuses } = await runSteps([one], {
        connection: localShell({ words }),
      });
      return { statuses, output: events.at(-1)?.output ?? '' };
    },
  };
}

const WRITE = `Write /etc/apt/${OURS}`;

describe('Docker’s repository', { skip }, () => {
  test('is added where there is none, or none that is in use', async (t) => {
    const unused: Record<string, string>[] = [
      {},
      { [OLD_LIST]: `# ${OLD_ENTRY}`, 'sources.list.d/old.sources': `${OLD_SOURCES}Enabled: no\n` },
    ];
    for (const files of unused) {
      const { run, read, asked } = host(t, files);
      assert.deepEqual((await run(WRITE)).statuses, ['changed']);
      assert.match(read(OURS) ?? '', /^URIs: https:\/\/download\.docker\.com\/linux\/\w+$/m);
      assert.match(asked().join('\n'), / update$/);
      assert.deepEqual((await run(WRITE)).statuses, ['unchanged']);
    }
  });

  for (const [path, text] of [
    [OLD_LIST, OLD_ENTRY],
    ['sources.list', OLD_ENTRY],
    ['sources.list.d/old.sources', OLD_SOURCES],
  ] as const) {
    test(`is used as it is where there is one already, in ${path}`, async (t) => {
      const { run, read, asked } = host(t, { [path]: text, 'keyrings/docker.asc': '' });
      assert.deepEqual((await run('Fetch the key')).statuses, ['unchanged']);
      assert.deepEqual((await run(WRITE)).statuses, ['unchanged']);
      assert.deepEqual([read(path), read(OURS), asked()], [text, undefined, []]);
      await run('Install Docker Engine');
      assert.match(asked().join('\n'), / install docker-ce docker-ce-cli containerd\.io /);
    });
  }

  test('that was added beside one that was there is taken away', async (t) => {
    const { run, read } = host(t, { [OLD_LIST]: OLD_ENTRY, [OURS]: OLD_SOURCES });
    assert.deepEqual((await run(WRITE)).statuses, ['changed']);
    assert.deepEqual([read(OLD_LIST), read(OURS)], [OLD_ENTRY, undefined]);
  });

  test('that apt refuses does not stay, and it is said why', async (t) => {
    const { run, read } = host(t, { 'sources.list.d/other.list': 'Refused\n' });
    const { statuses, output } = await run(WRITE);
    assert.deepEqual(statuses, ['failed']);
    assert.equal(read(OURS), undefined);
    assert.match(output, /^E: Conflicting values set for option Signed-By/m);
    assert.match(
      output,
      /^\/etc\/apt\/sources\.list\.d\/docker\.sources is as it was before: with the new one, apt cannot read/m,
    );
  });
});
