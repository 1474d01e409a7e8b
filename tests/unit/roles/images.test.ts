import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { images } from '../../../scripts/images.mjs';
import { localShell } from '../checks/local.ts';
import { directoryWith } from '../profile/temporary.ts';
import { deployment, ONE_HOST } from './deployed.ts';

const CONFIG = '{"name":"team/redis:1"}';
const ID = createHash('sha256').update(CONFIG).digest('hex');

/** What has to be carried to a host whose Docker answers as the shell script says. */
async function missingFrom(t: TestContext, docker: string) {
  const bundle = directoryWith(t, {
    'manifest.json': JSON.stringify([
      { Config: `${ID}.json`, RepoTags: ['team/redis:1'], Layers: [] },
    ]),
    [`${ID}.json`]: CONFIG,
    'bin/docker': `#!/bin/sh\n${docker}\n`,
  });
  chmodSync(join(bundle, 'bin/docker'), 0o755);
  const settings = `images: {source: bundle, bundle: ${bundle}, redis: docker.io/team/redis:1}`;
  const { loaded } = deployment(t, `${ONE_HOST}\nredis_hosts: [one]`, settings);
  const host = { ...loaded.host('one'), roles: ['redis' as const] };
  const transfer = await images.transfer?.({ deployment: loaded, host } as never);
  const environment = { PATH: `${join(bundle, 'bin')}:${process.env.PATH}` };
  const said: string[] = [];
  const shell = localShell({ environment });
  assert.equal(await shell.run(transfer!.missing.text, (line) => said.push(line)), 0);
  return said;
}

const inspect = (id: string) =>
  `[ "$2" != inspect ] || echo 'sha256:${id} team/other:2 team/redis:1'`;

test('an image is carried over where it is missing, or another build under its name', async (t) => {
  assert.deepEqual(await missingFrom(t, 'echo "Error: No such image" >&2; exit 1'), [
    'docker.io/team/redis:1',
  ]);
  assert.deepEqual(await missingFrom(t, `${inspect('0000')}; [ "$1" != info ] || echo overlay2`), [
    'docker.io/team/redis:1',
  ]);
});

test('an image is left where it is: the build of the bundle, or of its name in a store with other ids', async (t) => {
  assert.deepEqual(await missingFrom(t, inspect(ID)), []);
  const containerd = '[ "$1" != info ] || echo "[[driver-type io.containerd.snapshotter.v1]]"';
  assert.deepEqual(await missingFrom(t, `${inspect('0000')}; ${containerd}`), []);
});
