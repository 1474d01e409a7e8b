import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { imagesOf } from '../../../lib/images/role-images.ts';
import { provider } from '../../../scripts/provider.mjs';
import { temporal } from '../../../scripts/temporal.mjs';
import { bash, deployment } from './deployed.ts';

const PASSWORD = `p@ss"w\\rd $x`;
const EXTERNAL_DATABASE = `
  one: 203.0.113.7
temporal_hosts: [one]
provider_hosts: [one]
postgres: {mode: external, address: "db.cloud.net:5433", user: pocket, sslmode: MODE}
secrets: {postgres_password: "env:TEST_POSTGRES_PASSWORD"}`;
const EXTERNAL_TEMPORAL = `
  one: 203.0.113.7
postgres_hosts: [one]
provider_hosts: [one]
temporal: {mode: external, address: "temporal.lan:7233"}`;

function external(t: TestContext, sslmode: string) {
  t.after(() => delete process.env.TEST_POSTGRES_PASSWORD);
  process.env.TEST_POSTGRES_PASSWORD = PASSWORD;
  return deployment(t, EXTERNAL_DATABASE.replace('MODE', sslmode));
}

describe('a managed PostgreSQL', () => {
  test('gets the databases from the hosts that use them, before anything else', (t) => {
    const { run } = external(t, 'verify-full');
    const titles = (role: typeof provider) =>
      run(role, 'one')
        .steps.map(({ title }) => title)
        .filter((title) => title.startsWith('Create the database'));
    assert.deepEqual(titles(provider), ['Create the database provider at db.cloud.net:5433']);
    assert.deepEqual(titles(temporal), [
      'Create the database temporal at db.cloud.net:5433',
      'Create the database temporal_visibility at db.cloud.net:5433',
    ]);
    assert.match(run(provider, 'one').steps[0]!.title, /^Create the database/);
  });

  for (const [sslmode, libpq, tls, verified] of [
    ['verify-full', "'PGSSLMODE=verify-full' --env 'PGSSLROOTCERT=system'", 'true', 'true'],
    ['no-verify', 'PGSSLMODE=require', 'true', 'false'],
    ['disable', 'PGSSLMODE=disable', 'false', 'false'],
  ] as const) {
    test(`is spoken to with sslmode ${sslmode} by all clients`, (t) => {
      const { run } = external(t, sslmode);
      const env = run(temporal, 'one').env('temporal');
      assert.equal(env.POSTGRES_TLS_ENABLED, tls);
      assert.equal(env.SQL_HOST_VERIFICATION, verified);
      assert.equal(env.POSTGRES_TLS_DISABLE_HOST_VERIFICATION, String(verified === 'false'));
      assert.equal(env.SKIP_DB_CREATE, 'true');
      assert.deepEqual([env.POSTGRES_SEEDS, env.DB_PORT], ['db.cloud.net', '5433']);
      const url = new URL(run(provider, 'one').env('provider').DATABASE_URL ?? '');
      assert.equal(url.searchParams.get('sslmode'), sslmode);
      assert.equal(decodeURIComponent(url.password), PASSWORD);
      const step = run(provider, 'one').step('Create the database provider');
      assert.ok(step.check.text.includes(libpq), step.check.text);
    });
  }

  test('is given the password over standard input, and it stands in no shell', (t) => {
    const { run } = external(t, 'no-verify');
    const { step, script } = run(provider, 'one');
    assert.equal(step('Create the database provider').content, `${PASSWORD}\n`);
    assert.ok(!script.includes(PASSWORD));
  });

  test('that does not let its user create databases: the statements for an administrator', (t) => {
    const step = external(t, 'no-verify').run(provider, 'one').step('Create the database provider');
    const content = 'content() { echo secret; }; content=content';
    const refused = `${content}; docker() { cat >/dev/null; echo 'ERROR:  permission denied to create database' >&2; return 1; }`;
    assert.throws(() => bash(step.check.text, refused));
    assert.throws(
      () => bash(step.apply.text, refused),
      ({ stdout, stderr }) =>
        stderr.includes('permission denied') &&
        stdout.includes('CREATE DATABASE "provider" OWNER "pocket";') &&
        stdout.includes('ALTER DATABASE "provider" OWNER TO "pocket";'),
    );
  });

  test('whose database may not be used is not as it should be', (t) => {
    const step = external(t, 'no-verify').run(provider, 'one').step('Create the database provider');
    const answer = (text: string) =>
      `content() { echo secret; }; content=content; docker() { cat >/dev/null; echo ${text}; }`;
    bash(step.check.text, answer('t'));
    assert.throws(() => bash(step.check.text, answer('f')));
  });
});

describe('a managed Temporal', () => {
  test('gets the namespace from the host that uses it, where it is missing', (t) => {
    const deployed = deployment(t, EXTERNAL_TEMPORAL).run(provider, 'one');
    const step = deployed.step('Create the Temporal namespace provider at temporal.lan:7233');
    bash(step.check.text, 'docker() { :; }');
    const missing = 'docker() { echo "Namespace provider is not found." >&2; return 1; }';
    assert.throws(() => bash(step.check.text, missing));
    assert.throws(
      () => bash(step.apply.text, missing),
      ({ stdout }) => stdout.includes('temporal operator namespace create --namespace provider'),
    );
    assert.match(
      bash(step.apply.text, 'docker() { echo "$@"; }'),
      /create --namespace provider --retention 72h/,
    );
    assert.equal(deployed.env('provider').TEMPORAL_URL, 'temporal.lan:7233');
  });
});

test('the hosts that use managed services get the images of their clients', (t) => {
  const database = external(t, 'disable').loaded;
  const workflows = deployment(t, EXTERNAL_TEMPORAL).loaded;
  assert.ok(
    imagesOf(database, database.hosts[0]!, ['provider']).includes(database.images.postgres),
  );
  assert.ok(
    imagesOf(workflows, workflows.hosts[0]!, ['provider']).includes(
      workflows.images.temporal_admin_tools,
    ),
  );
  assert.ok(
    !imagesOf(database, database.hosts[0]!, ['relayminer']).includes(database.images.postgres),
  );
});
