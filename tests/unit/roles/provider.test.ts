import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { composeFile } from '../../../lib/steps/stack.ts';
import { postgres } from '../../../scripts/postgres.mjs';
import { provider } from '../../../scripts/provider.mjs';
import { temporal } from '../../../scripts/temporal.mjs';
import { deployment, ONE_HOST, TWO_HOSTS } from './deployed.ts';

test('the settings follow from the profile', (t) => {
  const env = deployment(t, ONE_HOST).run(provider, 'one').env('provider');
  assert.equal(env.CHAIN_ID, 'pocket-lego-testnet');
  assert.equal(env.POKT_RPC_URL, 'https://sauron-rpc.beta.infra.pocket.network');
  assert.equal(env.AUTH_URL, 'http://localhost:3001');
  assert.equal(env.TEMPORAL_WORKFLOW_RETENTION, '604800');
  assert.equal(env.MINIMUM_STAKE_BUFFER, '500000000');
  assert.equal(env.LOG_LEVEL, 'info');
  assert.match(
    env.DATABASE_URL ?? '',
    /^postgres:\/\/igniter:[0-9a-f]{48}@postgres:5432\/provider\?sslmode=disable$/,
  );
});

test('web and worker may notify private targets that the profile names, and no others', (t) => {
  const allowed = (setting = '') =>
    deployment(t, ONE_HOST, setting).run(provider, 'one').env('provider')
      .NOTIFICATION_EGRESS_ALLOWLIST;
  const list = (...targets: string[]) =>
    `  notification_egress_allowlist: ${JSON.stringify(targets)}`;
  assert.equal(allowed(), '');
  assert.equal(
    allowed(list('mailpit', 'smtp.internal', '10.0.5.25', '10.0.0.0/8', 'fd00::/8')),
    'mailpit,smtp.internal,10.0.5.25,10.0.0.0/8,fd00::/8',
  );
  // Each of these would be skipped without a word, or be taken for several.
  for (const target of [
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.5.256',
    'smtp.internal/8',
    'a b',
    'a,b',
    'http://a',
    'a:25',
  ])
    assert.throws(
      () => allowed(list(target)),
      /notification_egress_allowlist\[0\]: .* expected a host name/,
      target,
    );
  const { services } = parse(composeFile('provider/compose.yaml'), { merge: true });
  const readers = Object.keys(services).filter(
    (name) => 'NOTIFICATION_EGRESS_ALLOWLIST' in services[name].environment,
  );
  assert.deepEqual(readers, ['provider-web', 'provider-workflows']);
});

test('the delegators’ URL keeps its {chainId}', (t) => {
  const url = 'https://example.net/{chainId}/middleman.json';
  const { loaded, run } = deployment(t, ONE_HOST);
  loaded.network.delegatorsUrl = url;
  assert.equal(run(provider, 'one').env('provider').DELEGATORS_CDN_URL, url);
});

test('peer defect D29 cannot happen here: the Provider finds PostgreSQL and Temporal on other hosts', (t) => {
  const env = deployment(t, TWO_HOSTS).run(provider, 'front').env('provider');
  assert.match(env.DATABASE_URL ?? '', /@10\.0\.0\.4:5432\//);
  assert.equal(env.TEMPORAL_URL, '10.0.0.4:7233');
});

for (const value of [
  'hash#tag and more',
  'dollar$HOME sweet',
  'at@slash/percent%41',
  `"double" quotes`,
  'back\\slash! twice',
]) {
  test(`peer defect D41 cannot happen here: the password ${value} is the same everywhere`, (t) => {
    t.after(() => delete process.env.TEST_POSTGRES_PASSWORD);
    process.env.TEST_POSTGRES_PASSWORD = value;
    const { run } = deployment(
      t,
      ONE_HOST,
      'secrets: {postgres_password: "env:TEST_POSTGRES_PASSWORD"}',
    );
    const url = new URL(run(provider, 'one').env('provider').DATABASE_URL ?? '');
    assert.equal(decodeURIComponent(url.password), value);
    assert.equal(url.pathname, '/provider');
    assert.equal(run(postgres, 'one').env('postgres').POSTGRES_PASSWORD, value);
    assert.equal(run(temporal, 'one').env('temporal').POSTGRES_PWD, value);
  });
}

test('peer defect D14 cannot happen here: no two roles write the same file', (t) => {
  const { run } = deployment(t, ONE_HOST);
  const titles = [postgres, temporal, provider]
    .flatMap((role) => run(role, 'one').steps.map(({ title }) => title))
    .filter((title) => title.startsWith('Write '));
  assert.equal(new Set(titles).size, titles.length);
});

test('no secret stands in a script, and each stack is given only its own', (t) => {
  const { run } = deployment(t, ONE_HOST);
  const { env, script } = run(provider, 'one');
  const own = ['APP_IDENTITY', 'ENCRYPTION_KEY', 'ENCRYPTION_IV', 'AUTH_SECRET'] as const;
  for (const name of own) {
    const value = env('provider')[name] ?? '';
    assert.ok(value.length >= 32, name);
    assert.ok(!script.includes(value), name);
    for (const role of [postgres, temporal] as const) {
      assert.ok(
        !Object.values(run(role, 'one').env(role.name)).includes(value),
        `${name} of ${role.name}`,
      );
    }
  }
});
