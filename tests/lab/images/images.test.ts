import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { $ } from 'zx';
import { docker } from '../../fleet/docker.ts';
import { buildImages } from './build.ts';
import { copiedPaths } from './context.ts';

const run = $({ quiet: true, nothrow: true });
const directory = mkdtempSync(join(tmpdir(), 'lab-images-'));
after(() => rmSync(directory, { recursive: true }));
const CADDY = 'debian/caddy:2.11.4';
before(() => buildImages(['debian/redis:8.6', 'debian/redis:8.0', 'debian/postgres:17', CADDY]));

/** Starts a container for one test, removed with its volumes when the test ends, and returns its name. */
async function start(t: TestContext, ...words: string[]): Promise<string> {
  const name = `lab-images-${process.pid}-${randomBytes(3).toString('hex')}`;
  t.after(() => docker('rm', '--force', '--volumes', name));
  await docker('run', '--detach', '--pull', 'never', '--name', name, ...words);
  return name;
}

async function eventually(
  probe: () => PromiseLike<{ ok: boolean; stderr: string }>,
): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const result = await probe();
    if (result.ok) return;
    if (Date.now() > deadline) assert.fail(`not within 20 s: ${result.stderr}`);
    await sleep(100);
  }
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o644 });
  return path;
}

test('redis takes a config file, runs as uid 999 and keeps its data in /data', async (t) => {
  const config = file('redis.conf', 'maxmemory-policy noeviction\nappendonly yes\n');
  const mount = ['--volume', `${config}:/etc/redis.conf:ro`];
  const name = await start(t, ...mount, 'debian/redis:8.6', 'redis-server', '/etc/redis.conf');
  await eventually(() => run`docker exec ${name} redis-cli ping`);
  assert.match(await docker('exec', name, 'redis-cli', 'info', 'server'), /^redis_version:8\.6\./m);
  assert.match(await docker('exec', name, 'redis-cli', 'config', 'get', '*policy'), /noeviction/);
  assert.match(await docker('exec', name, 'cat', '/proc/1/status'), /^Uid:\t999\t/m);
  assert.match(await docker('exec', name, 'ls', '/data'), /appendonlydir/);
});

test("Debian 13's own redis is 8.0, older than RelayMiner accepts", async () => {
  const version = await docker('run', '--rm', 'debian/redis:8.0', 'redis-server', '--version');
  assert.match(version, /v=8\.0\./);
});

test('postgres refuses to start without a password', async (t) => {
  for (const password of [[], ['--env', 'POSTGRES_PASSWORD=']]) {
    const name = await start(t, ...password, 'debian/postgres:17');
    assert.equal(await docker('wait', name), '1');
    assert.match((await run`docker logs ${name}`).stderr, /superuser password is not specified/);
  }
});

test('postgres sets itself up once: user, database, init scripts, a password for every address', async (t) => {
  writeFileSync(join(directory, '1.sql'), 'CREATE TABLE one (id int);', { mode: 0o644 });
  const shell =
    'psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -c "CREATE TABLE two (id int)"';
  writeFileSync(join(directory, '2.sh'), shell, { mode: 0o644 });
  const name = await start(
    t,
    ...['--env', 'POSTGRES_USER=pocket', '--env', 'POSTGRES_PASSWORD=it"s $ecret'],
    ...['--env', 'POSTGRES_DB=provider'],
    ...['1.sql', '2.sh'].flatMap((script) => [
      '--volume',
      `${join(directory, script)}:/docker-entrypoint-initdb.d/${script}:ro`,
    ]),
    ...['debian/postgres:17', 'postgres', '-c', 'max_connections=37'],
  );
  const login = ['psql', '--no-password', '-Atc'];
  const sql =
    'SELECT string_agg(tablename, $$,$$ ORDER BY tablename) FROM pg_tables WHERE tableowner = $$pocket$$ AND schemaname = $$public$$';
  const overTcp = (password: string) =>
    run`docker exec -e ${`PGPASSWORD=${password}`} ${name} ${login} ${sql} -h 127.0.0.1 -U pocket provider`;
  await eventually(() => overTcp('it"s $ecret'));
  assert.equal((await overTcp('it"s $ecret')).stdout, 'one,two\n');
  assert.match((await overTcp('wrong')).stderr, /password authentication failed/);

  const local = (query: string) =>
    docker('exec', name, ...login, query, '-U', 'pocket', 'provider');
  assert.equal(await local('SHOW max_connections'), '37');
  assert.match(await docker('exec', name, 'cat', '/proc/1/status'), /^Uid:\t999\t/m);
  assert.match(await docker('exec', name, 'pg_dump', '-U', 'pocket', 'provider'), /CREATE TABLE/);

  await local('DROP TABLE one');
  await docker('restart', name);
  await eventually(() => run`docker exec ${name} pg_isready -U pocket`);
  assert.equal(await local(sql), 'two', 'init scripts ran again');
  const log = await run`docker logs ${name}`;
  assert.match(log.stderr, /received fast shutdown request/);
});

test('caddy is of its version, serves port 80 from its Caddyfile and keeps its state in /data and /config', async (t) => {
  const config = file('Caddyfile', ':80\nrespond "served by {http.request.host}"\n');
  const name = await start(t, '--volume', `${config}:/etc/caddy/Caddyfile:ro`, CADDY);
  await eventually(() => run`docker exec ${name} curl -sf http://localhost/`);
  const body = await docker('exec', name, 'curl', '-s', 'http://localhost/');
  assert.equal(body, 'served by localhost');
  assert.match(await docker('exec', name, 'find', '/config'), /autosave\.json/);
  const version = await docker('exec', name, 'caddy', 'version');
  assert.ok(version.replace(/^v/, '').startsWith(`${CADDY.split(':')[1]}`), version);
});

test('Prometheus and what belongs to it have the commands and users of the published images', async () => {
  const images: [image: string, programs: string[], user: string][] = [
    ['debian/prometheus:2.53.3', ['/bin/prometheus', '/bin/promtool'], '65534'],
    ['debian/alertmanager:0.28.1', ['/bin/alertmanager', '/bin/amtool'], '65534'],
    ['debian/node-exporter:1.9.0', ['/bin/node_exporter'], '65534'],
    ['debian/redis-exporter:1.69.0', ['/redis_exporter'], '59000'],
    ['debian/postgres-exporter:0.17.1', ['/bin/postgres_exporter'], '65534'],
    ['debian/blackbox-exporter:0.26.0', ['/bin/blackbox_exporter'], '0'],
  ];
  await buildImages(images.map(([image]) => image));
  for (const [image, programs, user] of images) {
    const version = image.split(':')[1]!;
    for (const program of programs) {
      const { stdout, stderr } =
        await run`docker run --rm --network none --entrypoint ${program} ${image} --version`;
      assert.ok(`${stdout}${stderr}`.includes(version), `${program}: ${stdout}${stderr}`);
    }
    assert.equal(await docker('run', '--rm', '--entrypoint', 'id', image, '-u'), user, image);
    const [first = ''] = programs;
    const entry = await docker('inspect', '--format', '{{json .Config.Entrypoint}}', image);
    assert.equal(entry, JSON.stringify([first]));
  }
});

test('nothing is built again when nothing changed, and unknown images are named', async () => {
  const started = Date.now();
  assert.deepEqual(await buildImages(['debian/redis:8.6']), ['debian/redis:8.6']);
  assert.ok(Date.now() - started < 2000);
  await assert.rejects(buildImages(['debian/mysql:1']), /there is no lab image debian\/mysql:1/);
});

test('what a Dockerfile copies is read from it', () => {
  const text = 'FROM x\nCOPY --chmod=755 b/ a \\\n  /opt/\nCOPY --from=y /z /z\nRUN COPY\n';
  assert.deepEqual(copiedPaths(text), ['a', 'b']);
});
