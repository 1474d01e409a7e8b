import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { $ } from 'zx';
import { bundleTar, readBundle, saveBundle } from '../../lib/images/bundle.ts';
import { familiarReference, referenceInBundle } from '../../lib/images/reference.ts';

const run = $({ quiet: true, nothrow: true });
const docker = await run`docker info`;
const skip = docker.ok ? false : 'there is no Docker to save from and load into';

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A bundle of two images that share a layer, in the layout of Docker 25 and later or of those before. */
function bundle(t: TestContext, layout: 'oci' | 'legacy'): string {
  const directory = temporary(t);
  const put = (name: string, text: string) => {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), text);
    return name;
  };
  const blob = (text: string, legacy: string) =>
    put(layout === 'oci' ? `blobs/sha256/${digest(text)}` : legacy, text);
  const shared = blob('shared layer', 'aaa/layer.tar');
  const own = blob('own layer', 'bbb/layer.tar');
  const entry = (name: string, Layers: string[]) => {
    const Config = blob(`{"name":"${name}"}`, `${digest(`{"name":"${name}"}`)}.json`);
    return { Config, RepoTags: [name], Layers };
  };
  const entries = [entry('team/one:1', [shared]), entry('team/two:2', [shared, own])];
  if (layout === 'legacy') {
    mkdirSync(join(directory, 'ccc'));
    symlinkSync('../aaa/layer.tar', join(directory, 'ccc/layer.tar'));
    entries[1]!.Layers[0] = 'ccc/layer.tar';
  }
  put('manifest.json', JSON.stringify(entries));
  return directory;
}

async function unpack(
  t: TestContext,
  tar: Readable,
): Promise<{ files: string[]; manifest: string }> {
  const directory = temporary(t);
  const unpacked = run({ input: await buffer(tar) });
  const listed = await unpacked`tar -xvC ${directory}`;
  assert.equal(listed.exitCode, 0, listed.stderr);
  const manifest = await run`cat ${join(directory, 'manifest.json')}`;
  return { files: listed.stdout.trim().split('\n'), manifest: manifest.stdout };
}

for (const layout of ['oci', 'legacy'] as const) {
  test(`a bundle in the ${layout} layout is listed and streamed without what nobody asked for`, async (t) => {
    const directory = bundle(t, layout);
    const images = await readBundle(directory);
    const config = '{"name":"team/one:1"}';
    assert.deepEqual(images[0], {
      reference: 'team/one:1',
      imageId: `sha256:${digest(config)}`,
      bytes: config.length + 'shared layer'.length,
    });
    assert.equal(images[1]?.reference, 'team/two:2');

    const one = await unpack(t, (await bundleTar(directory, ['docker.io/team/one:1'])).tar);
    assert.equal(one.files.length, 3);
    assert.deepEqual(JSON.parse(one.manifest)[0].RepoTags, ['team/one:1']);
    const both = await unpack(t, (await bundleTar(directory, ['team/one:1', 'team/two:2'])).tar);
    assert.equal(
      both.files.length,
      5,
      'a manifest, two configurations, the shared layer once, the other',
    );
  });
}

test('the announced length is the length of the stream', async (t) => {
  const { tar, bytes } = await bundleTar(bundle(t, 'oci'), ['team/two:2']);
  assert.equal((await buffer(tar)).length, bytes);
});

test('what is wrong with a bundle is said with the path', async (t) => {
  const empty = temporary(t);
  await assert.rejects(readBundle(empty), {
    message: `${empty} is not an image bundle: it has no manifest.json`,
  });
  const file = join(empty, 'file');
  writeFileSync(file, '');
  await assert.rejects(readBundle(file), /file is not an image bundle: ENOTDIR/);
  writeFileSync(join(empty, 'manifest.json'), '[{"Config":1}]');
  await assert.rejects(readBundle(empty), /manifest\.json is damaged: an entry lacks its fields/);
  writeFileSync(join(empty, 'manifest.json'), '[');
  await assert.rejects(readBundle(empty), /manifest\.json is damaged: /);

  const incomplete = bundle(t, 'legacy');
  rmSync(join(incomplete, 'bbb/layer.tar'));
  await assert.rejects(readBundle(incomplete), /is incomplete: bbb\/layer\.tar is missing/);

  const escaping = bundle(t, 'legacy');
  rmSync(join(escaping, 'bbb/layer.tar'));
  symlinkSync('/etc/hostname', join(escaping, 'bbb/layer.tar'));
  await assert.rejects(readBundle(escaping), /bbb\/layer\.tar lies outside it/);

  const changed = bundle(t, 'legacy');
  const config = `${digest('{"name":"team/one:1"}')}.json`;
  writeFileSync(join(changed, config), '{"name":"something else"}');
  await assert.rejects(readBundle(changed), /does not have the digest its name says/);

  const whole = bundle(t, 'oci');
  await assert.rejects(bundleTar(whole, ['team/one:1', 'no/such:1', 'nor/this']), {
    message: `${whole} does not have no/such:1, nor/this:latest`,
  });
});

test('what is no bundle is not replaced by one', async (t) => {
  const directory = temporary(t);
  writeFileSync(join(directory, 'secrets.yaml'), 'kept');
  await assert.rejects(saveBundle(['redis:8.2'], directory), /holds something else than a bundle/);
  const file = join(directory, 'secrets.yaml');
  await assert.rejects(saveBundle(['redis:8.2'], file), /secrets\.yaml: ENOTDIR/);
  assert.equal(readFileSync(file, 'utf8'), 'kept');
});

test('a reference is compared the way Docker lists it', () => {
  assert.equal(familiarReference('docker.io/library/redis'), 'redis:latest');
  assert.equal(
    familiarReference('docker.io/temporalio/auto-setup:1.28'),
    'temporalio/auto-setup:1.28',
  );
  assert.equal(familiarReference('host:5000/name'), 'host:5000/name:latest');
  assert.equal(familiarReference('docker.io/library/redis:8.2@sha256:00'), 'redis@sha256:00');
  assert.throws(() => referenceInBundle('redis@sha256:00'), /pinned by digest/);
});

test('what Docker saved it loads again from the stream', { skip }, async (t) => {
  const names = ['a', 'b'].map((name) => `pocket-bundle-test-${process.pid}-${name}:1`);
  const remove = () => run`docker image rm --force ${names}`;
  t.after(remove);
  const source = temporary(t);
  writeFileSync(join(source, 'file'), 'content');
  for (const name of names) {
    const label = `LABEL test=${name}`;
    const made = await run`tar -cC ${source} file | docker import --change ${label} - ${name}`;
    assert.equal(made.exitCode, 0, made.stderr);
  }
  const directory = join(temporary(t), 'bundle');
  await assert.rejects(saveBundle([...names, 'no/such:1', 'nor/this:2'], directory), {
    message: "this machine's Docker does not have no/such:1, nor/this:2: pull or build first",
  });
  const images = await saveBundle(names, directory);
  assert.deepEqual(
    images.map(({ reference }) => reference),
    names,
  );
  const ids = (await run`docker image inspect --format {{.Id}} ${names}`).stdout.trim().split('\n');
  assert.deepEqual(
    images.map(({ imageId }) => imageId),
    ids,
  );

  await remove();
  const { tar } = await bundleTar(directory, [names[1]!]);
  const loaded = await run({ input: await buffer(tar) })`docker load`;
  assert.equal(loaded.exitCode, 0, loaded.stderr);
  assert.equal(
    (await run`docker image inspect --format {{.Id}} ${names[1]!}`).stdout.trim(),
    ids[1],
  );
  assert.equal((await run`docker image inspect ${names[0]!}`).ok, false);
});
