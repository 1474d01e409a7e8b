import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { $ } from 'zx';
import { type Host, testHosts } from '../fleet/hosts.ts';
import { buildImages } from '../lab/images/build.ts';
import { directoryWith, OWNER } from '../unit/profile/temporary.ts';

const SCRIPTS = join(import.meta.dirname, '..', '..', 'scripts');
const ROLES = ['postgres', 'temporal', 'provider'] as const;
const IMAGES = [
  'debian/postgres:17',
  'standin/temporal-auto-setup:1.28.1.0',
  'standin/temporal-admin-tools:1.28.1',
  'standin/igniter-provider:0.9.0',
  'standin/igniter-provider-workflows:0.9.0',
] as const;

test('PostgreSQL, Temporal and Provider converge, change only what changed, and come back with their data', async (t) => {
  await buildImages([...IMAGES]);
  const { one } = await testHosts(t, { one: {} });
  await $`docker save ${IMAGES} | docker exec -i ${one.container} docker load`.quiet();
  await one.exec('docker network create pocket');
  const operator = operatorOf(t, one);

  await t.test('the first deploy brings them up, the second changes nothing', async () => {
    await operator.deploy();
    assert.equal(
      await sql(one, 'provider', 'SELECT count(*) FROM drizzle.__drizzle_migrations'),
      '3',
    );
    assert.deepEqual(await operator.deploy(), []);
    await sql(one, 'provider', 'CREATE TABLE kept AS SELECT 42 AS value');
  });

  await t.test('a changed setting makes anew only the container that reads it', async () => {
    const before = await containers(one);
    operator.change('me@nodes.net', 'you@nodes.net');
    assert.deepEqual(await operator.deploy(), [
      'Write /opt/pocket/provider/.env',
      'Bring up the stack provider',
    ]);
    const after = await containers(one);
    assert.deepEqual(
      Object.keys(before).filter((name) => before[name] !== after[name]),
      ['pocket-provider-provider-web-1'],
    );
  });

  await t.test('a changed retention reaches the namespace that exists', async () => {
    operator.change('retention_hours: 72', 'retention_hours: 96');
    const [changed, ...others] = await operator.deploy();
    assert.match(changed ?? '', /^Create the Temporal namespace provider/);
    assert.deepEqual(others, []);
  });

  await t.test(
    'a changed password reaches the user that exists, and everybody who logs in',
    async () => {
      operator.setPassword('p@ss/w#rd $x');
      const changed = await operator.deploy();
      assert.ok(changed.includes('Set the password of the PostgreSQL user igniter'));
      assert.equal(await statusProbe(one), '403');
      assert.deepEqual(await operator.deploy(), []);
      const logs = (await one.exec('docker logs pocket-postgres-postgres-1 2>&1')).stdout;
      assert.ok(!logs.includes('p@ss/w#rd'), 'PostgreSQL does not log the password');
    },
  );

  await t.test(
    'before another image migrates the database it is saved, so that it can be restored',
    async () => {
      for (const image of [IMAGES[3], IMAGES[4]]) {
        const next = image.replace(/:.*/, ':next');
        await one.exec(
          `docker commit --change 'LABEL release=next' "$(docker create ${image})" ${next}`,
        );
        operator.change(image, next);
      }
      await one.exec('docker stop pocket-postgres-postgres-1');
      const failed = await operator.run('provider');
      assert.equal(failed.exitCode, 1, failed.stdout);
      assert.match(failed.stdout, /Save the database provider .*could not translate host name/);
      const goesOn = await one.exec(
        "docker ps --format '{{.Names}} {{.Image}}' --filter name=pocket-provider | sort",
      );
      assert.equal(
        goesOn.stdout.trim(),
        `pocket-provider-provider-web-1 ${IMAGES[3]}\npocket-provider-provider-workflows-1 ${IMAGES[4]}`,
      );

      const changed = await operator.deploy();
      assert.deepEqual(changed, [
        'Bring up the stack postgres',
        'Save the database provider before another image migrates it',
        'Write /opt/pocket/provider/.env',
        'Bring up the stack provider',
      ]);
      const dumps = await one.exec('stat -c "%a %n" /opt/pocket/provider/backups/*');
      assert.match(dumps.stdout, /^600 \S+\/provider-\d{8}T\d{6}Z\.dump\n$/);
      await sql(one, 'provider', 'DROP TABLE kept');
      await one.exec(
        'docker exec -i pocket-postgres-postgres-1 pg_restore --clean --if-exists -U igniter -d provider </opt/pocket/provider/backups/*.dump',
      );
      assert.equal(await sql(one, 'provider', 'SELECT value FROM kept'), '42');
      assert.deepEqual(await operator.deploy(), []);
    },
  );

  await t.test('a database that is lost is made again', async () => {
    await one.exec('cd /opt/pocket/temporal && docker compose stop');
    await sql(one, 'postgres', 'DROP DATABASE temporal WITH (FORCE)');
    const changed = await operator.deploy();
    assert.equal(changed[0], 'Create the databases provider, temporal');
  });

  await t.test('a PostgreSQL that is away is waited for by everybody else', async () => {
    await one.exec('docker stop pocket-postgres-postgres-1');
    assert.equal(await statusProbe(one), '500');
    assert.deepEqual(await operator.deploy(), ['Bring up the stack postgres']);
    assert.equal(await statusProbe(one), '403');
  });

  await t.test(
    'peer defect D15 cannot happen here: a restart of the host brings everything back',
    async () => {
      await one.restart();
      await one.exec(
        'until docker exec pocket-temporal-temporal-1 tctl --address temporal:7233 workflow list; do sleep 1; done',
      );
      await one.exec(
        'until docker exec pocket-provider-provider-web-1 curl -fsS http://127.0.0.1:3001/api/health; do sleep 1; done',
      );
      assert.equal(await statusProbe(one), '403');
      assert.equal(await sql(one, 'provider', 'SELECT value FROM kept'), '42');
      const states = (await one.exec("docker ps --all --format '{{.Names}} {{.State}}' | sort"))
        .stdout;
      assert.match(states, /provider-migration-1 exited\n.*web-1 running\n.*workflows-1 running\n/);
    },
  );
});

/** Somebody with a profile for a host, and what they do. */
function operatorOf(t: TestContext, host: Host) {
  const profile = `name: fleet
pocket_network: beta
hosts:
  one: {address: ${host.user}@${host.address}, identity_file: ${host.identityFile}}
provider_hosts: [one]
postgres_hosts: [one]
temporal_hosts: [one]
temporal: {retention_hours: 72}
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
images:
  postgres: ${IMAGES[0]}
  temporal: ${IMAGES[1]}
  temporal_admin_tools: ${IMAGES[2]}
  provider: ${IMAGES[3]}
  provider_workflows: ${IMAGES[4]}
`;
  const directory = directoryWith(t, { 'p.yaml': profile });
  const edit = (path: string, change: (text: string) => string) => {
    const file = join(directory, path);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };
  const run = (role: (typeof ROLES)[number]) => {
    const env = { ...process.env, POCKET_AUTOMATIONS_HOME: directory };
    const quiet = $({ env, quiet: true, nothrow: true, stdio: ['ignore', 'pipe', 'pipe'] });
    return quiet`${process.execPath} ${SCRIPTS}/${role}.mjs --profile ${directory}/p.yaml --yes --json`;
  };
  return {
    change: (from: string, to: string) => edit('p.yaml', (text) => text.replace(from, to)),
    setPassword: (password: string) =>
      edit('deployments/fleet/secrets.yaml', (text) =>
        text.replace(/^postgres_password:.*$/m, () => `postgres_password: '${password}'`),
      ),
    run,
    /** Deploys the three roles and returns the titles of the steps that changed something. */
    deploy: async () => {
      const titles: string[] = [];
      for (const role of ROLES) {
        const { exitCode, stdout, stderr } = await run(role);
        assert.equal(exitCode, 0, stdout + stderr);
        const events = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        titles.push(
          ...events
            .filter(({ type, status }) => type === 'step' && status === 'changed')
            .map(({ title }) => title),
        );
      }
      return titles;
    },
  };
}

async function sql(host: Host, database: string, statement: string): Promise<string> {
  const script = `docker exec pocket-postgres-postgres-1 psql -At -U igniter -d ${database} -c "${statement}"`;
  return (await host.exec(script)).stdout.trim();
}

/** What an unsigned request is answered: 403 before the wizard is finished, 500 when the database is out of reach. */
async function statusProbe(host: Host): Promise<string> {
  const curl = "curl -s -o /dev/null -w '%{http_code}' -d '{}' http://127.0.0.1:3001/api/status";
  return (await host.exec(`docker exec pocket-provider-provider-web-1 ${curl}`)).stdout;
}

async function containers(host: Host): Promise<Record<string, string>> {
  const { stdout } = await host.exec("docker ps --all --no-trunc --format '{{.Names}} {{.ID}}'");
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  );
}
