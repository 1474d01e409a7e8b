import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import type { Host } from '../fleet/hosts.ts';
import { type Lab, lab } from '../fleet/lab-fixture.ts';
import { containersByStack, remade } from '../fleet/state.ts';

test('data and services outlive deploys, changes and restarts', { timeout: 900_000 }, async (t) => {
  const one = await lab(t);
  const { host } = one;
  await deployed(one, '--only', 'common,install-docker');
  await one.standIns();
  await deployed(one);
  await writeData(one);

  await t.test('data outlives a deploy', async () => {
    assert.equal(await deployed(one), 0);
    await assertData(one);
  });

  await t.test('data outlives a change that makes its containers anew', async () => {
    const before = await containersByStack(host);
    one.change({ redis: { maxmemory: '600mb' }, postgres: { memory: '512mb' } });
    await deployed(one);
    assert.deepEqual(remade(before, await containersByStack(host)), ['postgres', 'redis']);
    const live = await redis(one, 'CONFIG GET maxmemory');
    assert.match(live, new RegExp(`^${600 * 1024 * 1024}$`, 'm'), 'the change is in force');
    await assertData(one);
  });

  await t.test('a restart of the host brings every container back without a deploy', async () => {
    const before = await containersByStack(host);
    await host.exec('touch /run/until-the-next-boot');
    await host.restart();
    await host.exec('[[ ! -e /run/until-the-next-boot ]]');
    await untilWell(host);
    assert.deepEqual(remade(before, await containersByStack(host)), []);
    await assertData(one);
  });

  await t.test('validation has no failure after the restart', async () => {
    const deadline = Date.now() + 120_000;
    let failed: unknown[];
    do {
      const run = await one.script('validate', '--json');
      failed = run.events.filter(({ verdict }) => verdict === 'fail');
      assert.ok(
        run.events.some(({ verdict }) => verdict === 'pass'),
        run.stderr,
      );
    } while (failed.length > 0 && Date.now() < deadline);
    assert.deepEqual(failed, []);
  });

  await t.test('a deploy after the restart has nothing to do', async () => {
    assert.equal(await deployed(one), 0);
  });
});

/** Deploys, and returns the number of steps that changed something. */
async function deployed(one: Lab, ...words: string[]): Promise<unknown> {
  const run = await one.script('deploy', '--json', ...words);
  assert.equal(run.status, 0, run.stdout + run.stderr);
  return run.events.at(-1)?.changed;
}

const COUNT = 1000;

async function writeData(one: Lab): Promise<void> {
  const pairs = Array.from({ length: COUNT }, (_, index) => `SET relay:${index} ${index * 7}`);
  const answers = (await redis(one, pairs.join('\n'))).split('\n');
  assert.equal(answers.filter((answer) => answer === 'OK').length, COUNT + 1);
  const rows = `CREATE TABLE kept (id int PRIMARY KEY, value text NOT NULL);
    INSERT INTO kept SELECT id, md5(id::text) FROM generate_series(1, ${COUNT}) AS id;`;
  await sql(one, rows);
}

async function assertData(one: Lab): Promise<void> {
  const keys = Array.from({ length: COUNT }, (_, index) => `relay:${index}`);
  const values = (await redis(one, `MGET ${keys.join(' ')}`)).trim().split('\n').slice(1);
  assert.deepEqual(
    values,
    Array.from({ length: COUNT }, (_, index) => `${index * 7}`),
  );
  const same = `SELECT count(*) FROM kept WHERE value = md5(id::text);`;
  assert.equal((await sql(one, same)).trim(), `${COUNT}`);
}

/** Sends commands to Redis, the password first, all on standard input; the first line answered is that of AUTH. */
async function redis(one: Lab, commands: string): Promise<string> {
  const secrets = loadSecrets(loadDeployment(one.profile), { create: false });
  const password = secrets.get('redis_password').reveal();
  return (
    await one.host.exec(`docker exec -i pocket-redis-redis-1 redis-cli <<'COMMANDS'
AUTH ${password}
${commands}
COMMANDS`)
  ).stdout;
}

async function sql(one: Lab, statements: string): Promise<string> {
  return (
    await one.host.exec(`docker exec -i pocket-postgres-postgres-1 sh -c '
  psql -X -q -t -A -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d provider' <<'STATEMENTS'
${statements}
STATEMENTS`)
  ).stdout;
}

/** Waits until every container of every stack is healthy, or runs where it has no health check, or has done its work. */
async function untilWell(host: Host): Promise<void> {
  await host.exec(
    `until
      states=$(docker ps --all --filter label=com.docker.compose.project --format '{{.Names}} {{.Status}}') &&
        [[ $(wc -l <<<"$states") -ge 9 ]] &&
        ! grep -vE '^[^ ]+-migration-1 Exited \\(0\\)|^[^ ]+-workflows-1 Up [^(]*$|^[^ ]+ Up .*\\(healthy\\)$' <<<"$states" >&2
    do sleep 1; done`,
    { timeoutSeconds: 180 },
  );
}
