import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { $ } from 'zx';
import { loadDeployment } from '../../lib/deployment.ts';
import { loadSecrets } from '../../lib/secrets.ts';
import { type Host, startHost } from '../fleet/hosts.ts';
import { type Lab, lab, runScript } from '../fleet/lab-fixture.ts';

const DATABASE_USER = 'managed_user';

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

interface State {
  host: Host;
  redisPassword: string;
  postgresPassword: string;
  sql(statement: string, database?: string): Promise<string>;
  deploy(...words: string[]): Promise<void>;
}

/**
 * A host with Redis, PostgreSQL with TLS and, when deployed, Temporal, in a deployment of its own: to the lab's, they
 * are somebody else's.
 */
async function stateBeside(one: Lab): Promise<State> {
  const run = one.host.container.slice(0, -'-lab'.length);
  const host = await startHost({ name: 'state', run });
  const path = join(one.home, 'state.yaml');
  const profile = parse(readFileSync(one.profile, 'utf8'));
  const { address, user, identityFile } = host;
  writeFileSync(
    path,
    stringify({
      ...profile,
      name: 'state',
      // The lab's host uses them, so they are published at the private address.
      hosts: { ...profile.hosts, state: { address, user, identity_file: identityFile } },
      redis_hosts: ['state'],
      postgres_hosts: ['state'],
      temporal_hosts: ['state'],
    }),
  );
  const deploy = async (...words: string[]) => {
    const script = ['--profile', path, '--limit', 'state', '--yes', '--json'];
    const deployed = await runScript(one.home, 'deploy', ...script, ...words);
    assert.equal(deployed.status, 0, deployed.stdout + deployed.stderr);
  };
  await deploy('--only', 'common,install-docker,images,redis,postgres');
  const secrets = loadSecrets(loadDeployment(path), { create: false });
  const sql = async (statement: string, database = 'postgres') => {
    const psql = `docker exec -i pocket-postgres-postgres-1 psql -X -q -A -t -U igniter -d ${database}`;
    return (await host.exec(`${psql} <<'SQL'\n${statement}\nSQL`)).stdout.trim();
  };
  await withTls(host);
  await sql(`DROP DATABASE provider; DROP DATABASE temporal;
    CREATE ROLE ${DATABASE_USER} LOGIN PASSWORD 'p@ss/w#rd $x'`);
  const passwords = { redis: secrets.get('redis_password').reveal(), postgres: 'p@ss/w#rd $x' };
  for (const [name, password] of Object.entries(passwords))
    writeFileSync(join(one.home, `${name}-password`), password, { mode: 0o600 });
  return {
    ...{ host, sql, deploy },
    redisPassword: passwords.redis,
    postgresPassword: passwords.postgres,
  };
}

/** Gives PostgreSQL a certificate that nobody vouches for. */
async function withTls(host: Host): Promise<void> {
  const key = await $({
    quiet: true,
  })`openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=state -keyout -`;
  await host.exec(`docker exec -i pocket-postgres-postgres-1 sh -c '
    cat >$PGDATA/both.pem && chmod 600 $PGDATA/both.pem && chown postgres $PGDATA/both.pem' <<'PEM'
${key.stdout}
PEM
    for statement in "ALTER SYSTEM SET ssl_key_file = 'both.pem'" "ALTER SYSTEM SET ssl_cert_file = 'both.pem'" \
      "ALTER SYSTEM SET ssl = on" "SELECT pg_reload_conf()"; do
      docker exec pocket-postgres-postgres-1 psql -U igniter -d postgres -c "$statement"
    done`);
}

/** What is different in the lab that uses them. */
function managed({ host }: State, more: Record<string, unknown>): Record<string, unknown> {
  return {
    redis_hosts: [],
    postgres_hosts: [],
    redis: { mode: 'external' },
    redis_url: `redis://${host.address}:6379/2`,
    ...more,
    postgres: {
      mode: 'external',
      address: `${host.address}:5432`,
      user: DATABASE_USER,
      sslmode: 'no-verify',
      ...(more.postgres as object),
    },
    secrets: {
      redis_password: `file:${process.env.POCKET_AUTOMATIONS_HOME}/redis-password`,
      postgres_password: `file:${process.env.POCKET_AUTOMATIONS_HOME}/postgres-password`,
    },
  };
}

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
