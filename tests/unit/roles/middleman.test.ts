import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Shell } from '../../../lib/shell.ts';
import { middleman } from '../../../scripts/middleman.mjs';
import { postgres } from '../../../scripts/postgres.mjs';
import { provider } from '../../../scripts/provider.mjs';
import { temporal } from '../../../scripts/temporal.mjs';
import { ROOT } from '../../lab/paths.ts';
import { OWNER } from '../profile/temporary.ts';
import { deployment, ONE_HOST, TWO_HOSTS } from './deployed.ts';

const SETTINGS = `
middleman: {owner_identity: ${OWNER}, owner_email: you@nodes.net}
middleman_domain: stake.nodes.net
provider_public_api_domain: api.nodes.net
reverse_proxy: {tls: internal}`;
const HERE = `${ONE_HOST}\nmiddleman_hosts: [one]\nreverse_proxy_hosts: [one]`;
const APART = `${TWO_HOSTS}
middleman_hosts: [front]
reverse_proxy_hosts: [data]`;

const onOne = (t: TestContext, more = '') => deployment(t, HERE, SETTINGS + more);

test('the settings follow from the profile', (t) => {
  const env = onOne(t).run(middleman, 'one').env('middleman');
  assert.equal(env.AUTH_URL, 'https://stake.nodes.net');
  assert.equal(env.OWNER_EMAIL, 'you@nodes.net');
  assert.equal(env.TEMPORAL_NAMESPACE, 'middleman');
  assert.equal(env.TEMPORAL_TASK_QUEUE, 'middleman-operations');
  assert.equal(env.CHAIN_ID, 'pocket-lego-testnet');
  assert.match(env.PROVIDERS_CDN_URL ?? '', /\/main\/pocket-beta\/provider\.json$/);
  assert.match(env.DATABASE_URL ?? '', /@postgres:5432\/middleman\?sslmode=disable$/);
});

test('peer defect D29 cannot happen here: the Middleman finds PostgreSQL and Temporal on other hosts', (t) => {
  const env = deployment(t, APART, SETTINGS).run(middleman, 'front').env('middleman');
  assert.match(env.DATABASE_URL ?? '', /@10\.0\.0\.4:5432\/middleman/);
  assert.equal(env.TEMPORAL_URL, '10.0.0.4:7233');
});

test('its key is not the Provider’s, and neither is its session secret', (t) => {
  const { run } = onOne(t);
  const own = run(middleman, 'one').env('middleman');
  const theirs = run(provider, 'one').env('provider');
  for (const name of ['APP_IDENTITY', 'AUTH_SECRET'] as const) {
    assert.match(own[name] ?? '', /^[0-9a-f]{64}$/);
    assert.notEqual(own[name], theirs[name]);
  }
});

test('one key for both is refused, by reference and by value', (t) => {
  const both = (middlemans: string) =>
    onOne(t, `\nsecrets: {app_identity: "env:TEST_KEY", middleman_app_identity: "${middlemans}"}`);
  t.after(() => {
    delete process.env.TEST_KEY;
    delete process.env.TEST_KEY_AGAIN;
  });
  process.env.TEST_KEY = 'ab'.repeat(32);
  process.env.TEST_KEY_AGAIN = 'AB'.repeat(32);
  assert.throws(() => both('env:TEST_KEY'), /keys of their own/);
  assert.throws(
    () => both('env:TEST_KEY_AGAIN').run(middleman, 'one'),
    ({ message }) => /the key of app_identity/.test(message) && !/abab/i.test(message),
  );
});

describe('the least stake', () => {
  const buffer = (t: TestContext, settings: string) =>
    onOne(t, settings).run(middleman, 'one').env('middleman').MINIMUM_STAKE_BUFFER;
  test('is the Provider’s of the same profile', (t) => {
    const { loaded, run } = onOne(t);
    if (loaded.profile.provider) loaded.profile.provider.minimum_stake_buffer_upokt = 7;
    assert.equal(run(middleman, 'one').env('middleman').MINIMUM_STAKE_BUFFER, '7');
    assert.equal(buffer(t, ''), '500000000');
  });
  test('cannot be another than the Provider’s', (t) => {
    const own = SETTINGS.replace(
      'owner_email: you',
      'minimum_stake_buffer_upokt: 1, owner_email: you',
    );
    assert.throws(() => deployment(t, HERE, own), /a Middleman drops Providers/);
  });
});

describe('peer defect D27 cannot happen here: nothing waits for a public name, and each is found where its proxy is', () => {
  const override = (t: TestContext, hosts: string, host: string, more = '') =>
    (
      deployment(t, hosts, SETTINGS + more)
        .run(middleman, host)
        .step('Write /opt/pocket/middleman/compose.override.yaml').content as Shell
    ).text;

  test('nothing of the Middleman waits for a public URL', (t) => {
    const { steps } = onOne(t).run(middleman, 'one');
    assert.ok(steps.every(({ title }) => !title.startsWith('Wait')));
    for (const { check, apply } of steps)
      assert.doesNotMatch(check.text + apply.text, /https:|curl/);
    const compose = readFileSync(join(ROOT, 'compose', 'middleman', 'compose.yaml'), 'utf8');
    const probes = [...compose.matchAll(/test: .*/g)].map(([line]) => line);
    assert.deepEqual(
      probes.map((line) => /https?:\/\/[^/]*/.exec(line)?.[0]),
      ['http://127.0.0.1:3000'],
    );
  });

  test('the public names lead to the proxy of the same host, or to the others’ private addresses', (t) => {
    const names = (address: string) =>
      `extra_hosts: ["stake.nodes.net:${address}", "api.nodes.net:${address}"]`;
    const here = override(t, HERE, 'one');
    assert.equal(here.split(names('host-gateway')).length, 3, 'web and worker');
    assert.ok(override(t, APART, 'front').includes(names('10.0.0.4')));
  });

  test('a proxy without a private address is found by DNS', (t) => {
    const hosts = `${APART.replace('reverse_proxy_hosts: [data]', 'reverse_proxy_hosts: [edge]')}`;
    const edge = hosts.replace('  front:', '  edge: edge.nodes.net\n  front:');
    const off = '\nfirewall: {enabled: false}';
    assert.doesNotMatch(override(t, edge, 'front', off), /extra_hosts/);
  });
});

test('no secret stands in its script, and nobody else is given its own', (t) => {
  const { run } = onOne(t);
  const { env, script } = run(middleman, 'one');
  for (const name of ['APP_IDENTITY', 'AUTH_SECRET', 'NOTIFICATION_ENCRYPTION_KEY'] as const) {
    const value = env('middleman')[name] ?? '';
    assert.ok(value.length >= 32, name);
    assert.ok(!script.includes(value), name);
    for (const role of [postgres, temporal, provider] as const) {
      const others = Object.values(run(role, 'one').env(role.name));
      assert.ok(!others.includes(value), `${name} of ${role.name}`);
    }
  }
});

test('PostgreSQL has its database and Temporal its namespace, only where there is a Middleman', (t) => {
  const titles = (hosts: string, settings: string) => {
    const { run } = deployment(t, hosts, settings);
    return [postgres, temporal].flatMap((role) => run(role, 'one').steps.map(({ title }) => title));
  };
  const database = 'Create the databases provider, middleman, temporal';
  const namespace =
    'Create the Temporal namespace middleman, which keeps finished workflows for 72 hours';
  const withIt = titles(HERE, SETTINGS);
  assert.ok(withIt.includes(database) && withIt.includes(namespace));
  assert.ok(titles(ONE_HOST, '').every((title) => !title.includes('middleman')));
});
