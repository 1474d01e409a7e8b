import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lab, lab } from '../fleet/lab-fixture.ts';
import { DATABASE_USER, managed, stateBeside } from '../fleet/managed-services.ts';

test('managed services: Redis, PostgreSQL with TLS and Temporal of somebody else', async (t) => {
  const one = await lab(t);
  const state = await stateBeside(one);
  await one.script('deploy', '--json', '--only', 'common,install-docker');
  await one.standIns();

  await t.test(
    'a deploy that may not create databases says what an administrator has to run',
    async () => {
      one.change(managed(state, {}));
      const run = await one.script('deploy', '--json');
      assert.equal(run.status, 1);
      assert.match(
        run.stdout + run.stderr,
        /CREATE DATABASE \\?"temporal\\?" OWNER \\?"managed_user\\?"/,
      );
      assert.ok(!(run.stdout + run.stderr).includes(state.postgresPassword));
    },
  );

  await t.test('the deploy creates what is missing, and a second one changes nothing', async () => {
    await state.sql(`ALTER ROLE ${DATABASE_USER} CREATEDB`);
    await deployed(one);
    assert.equal(await deployed(one), 0);
    const databases = await state.sql('SELECT datname FROM pg_database ORDER BY 1');
    assert.match(databases, /^provider$[\s\S]*^temporal\ntemporal_visibility$/m);
    const encrypted = await state.sql(
      `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '${DATABASE_USER}'`,
    );
    assert.equal(encrypted, 't');
    assert.deepEqual((await one.host.exec('ls /opt/pocket')).stdout.match(/redis|postgres/g), null);
  });

  await t.test(
    'relays, database and workflows are as well as with services of our own',
    async () => {
      await noFailure(one);
    },
  );

  await t.test('validation tells when they cannot be reached', async () => {
    await state.host.exec('docker stop pocket-redis-redis-1 pocket-postgres-postgres-1');
    const failed = (await findings(one)).filter(({ verdict }) => verdict === 'fail');
    const ids = failed.map(({ id }) => id);
    for (const id of ['redis.version', 'redis.password', 'postgres.reachable', 'postgres.login'])
      assert.ok(ids.includes(id), `${id} among ${ids}`);
    await state.host.exec('docker start pocket-redis-redis-1 pocket-postgres-postgres-1');
  });

  await t.test(
    'a certificate that nobody vouches for is refused unless the profile says so',
    async () => {
      one.change(managed(state, { postgres: { sslmode: 'verify-full' } }));
      const login = (await findings(one)).find(({ id }) => id === 'postgres.login');
      assert.equal(login?.verdict, 'fail');
      assert.match(String(login?.evidence), /certificate/);
    },
  );

  await t.test('a Temporal elsewhere gets the namespace', async () => {
    await one.host.exec('cd /opt/pocket/temporal && docker compose down');
    await state.deploy('--only', 'temporal');
    await state.sql("DELETE FROM standin_namespaces WHERE name = 'provider'", 'temporal');
    one.change(
      managed(state, {
        temporal_hosts: [],
        temporal: { mode: 'external', address: `${state.host.address}:7233` },
      }),
    );
    await deployed(one);
    assert.equal(await deployed(one), 0);
    await noFailure(one);
  });
});

async function deployed(one: Lab): Promise<unknown> {
  const run = await one.script('deploy', '--json');
  assert.equal(run.status, 0, run.stdout + run.stderr);
  return run.events.at(-1)?.changed;
}

async function findings(one: Lab): Promise<Record<string, unknown>[]> {
  const run = await one.script('validate', '--json');
  return run.events.filter(({ type }) => type === 'finding');
}

/** Asserts that everything is well within two minutes. */
async function noFailure(one: Lab): Promise<void> {
  const deadline = Date.now() + 120_000;
  let failed: unknown[];
  do {
    const all = await findings(one);
    assert.ok(all.some(({ verdict }) => verdict === 'pass'));
    failed = all.filter(({ verdict }) => verdict === 'fail');
  } while (failed.length > 0 && Date.now() < deadline);
  assert.deepEqual(failed, []);
}
