import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { COMPOSE } from '../../../lib/steps/stack.ts';
import { directoryWith } from '../profile/temporary.ts';
import { freePort } from './harness.ts';
import { endPrograms, type Program, run, start } from './program.ts';

const IMAGE = join(import.meta.dirname, '../../lab/standins/grafana/image');
const PASSWORD = 'p@ss:w"rd\\1 $x';

after(endPrograms);

interface Scene {
  directory: string;
  environment: Record<string, string>;
  /** Writes a file of the provisioning or of the dashboards. */
  write(path: string, content: string): void;
  start(): Promise<Program>;
  get(path: string, password?: string): Promise<Response>;
  cli(...words: string[]): Promise<{ status: number | null; output: string }>;
}

/** Our own provisioning and dashboards, and an empty volume. */
async function scene(t: TestContext, prometheus = 'http://127.0.0.1:1'): Promise<Scene> {
  const directory = directoryWith(t, { 'admin-password': `${PASSWORD}\n` });
  cpSync(join(COMPOSE, 'monitoring/grafana'), directory, { recursive: true });
  mkdirSync(join(directory, 'data'));
  const write: Scene['write'] = (path, content) => writeFileSync(join(directory, path), content);
  const moved = (path: string, from: string, to: string) =>
    write(path, readFileSync(join(directory, path), 'utf8').replace(from, to));
  moved('provisioning/dashboards/pocket.yaml', '/etc/pocket', directory);
  moved('provisioning/datasources/prometheus.yaml', 'http://prometheus:9091', prometheus);
  const port = await freePort();
  const environment: Record<string, string> = {
    GF_SERVER_HTTP_PORT: String(port),
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_PATHS_DATA: join(directory, 'data'),
    GF_PATHS_PROVISIONING: join(directory, 'provisioning'),
    GF_PATHS_HOME: directory,
    GF_SECURITY_ADMIN_PASSWORD: `$__file{${join(directory, 'admin-password')}}`,
  };
  const program = join(IMAGE, 'bin/grafana');
  return {
    ...{ directory, environment, write },
    start: async () => {
      const started = start(directory, [program, 'server'], environment);
      await started.saw('HTTP Server Listen');
      return started;
    },
    get: (path, password) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        redirect: 'manual',
        headers: password
          ? { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` }
          : {},
      }),
    cli: (...words) => run(directory, [program, 'cli', ...words], environment),
  };
}

describe('the stand-in for Grafana does not start', () => {
  const dashboards = 'provisioning/dashboards/pocket.yaml';
  const datasources = 'provisioning/datasources/prometheus.yaml';
  const cases: [what: string, change: (one: Scene) => void, says: RegExp][] = [
    [
      'with a setting that does not exist',
      ({ environment }) => (environment.GF_AUTH_ANONYMUS_ENABLED = 'false'),
      /GF_AUTH_ANONYMUS_ENABLED: no such setting/,
    ],
    [
      'with a port that is none',
      ({ environment }) => (environment.GF_SERVER_HTTP_PORT = '3002/tcp'),
      /GF_SERVER_HTTP_PORT is not a port/,
    ],
    [
      'with a switch that is none',
      ({ environment }) => (environment.GF_USERS_ALLOW_SIGN_UP = 'no'),
      /GF_USERS_ALLOW_SIGN_UP is not a boolean/,
    ],
    [
      'with a root URL that is none',
      ({ environment }) => (environment.GF_SERVER_ROOT_URL = 'grafana.nodes.net'),
      /GF_SERVER_ROOT_URL is not a url/,
    ],
    [
      'with a password file that is not there',
      ({ environment }) => (environment.GF_SECURITY_ADMIN_PASSWORD = '$__file{/nowhere/password}'),
      /GF_SECURITY_ADMIN_PASSWORD: \/nowhere\/password: ENOENT/,
    ],
    [
      'with a data source of an unknown key',
      ({ write }) =>
        write(
          datasources,
          'apiVersion: 1\ndatasources: [{name: P, uid: p, type: prometheus, access: proxy, url: "http://p", is_default: true}]\n',
        ),
      /prometheus\.yaml: .*is_default/,
    ],
    [
      'with two default data sources',
      ({ write, directory }) => {
        const text = readFileSync(join(directory, datasources), 'utf8');
        write(
          'provisioning/datasources/second.yaml',
          text.replace('uid: prometheus', 'uid: second'),
        );
      },
      /Only one datasource per organization can be marked as default/,
    ],
    [
      'with provisioning of another version',
      ({ write }) => write(dashboards, 'apiVersion: 2\nproviders: []\n'),
      /pocket\.yaml: .*apiVersion/,
    ],
    [
      'with dashboards in a directory that is not there',
      ({ write }) =>
        write(
          dashboards,
          'apiVersion: 1\nproviders: [{name: P, type: file, options: {path: /nowhere}}]\n',
        ),
      /\/nowhere: no such directory/,
    ],
  ];
  for (const [what, change, says] of cases) {
    test(what, async (t) => {
      const one = await scene(t);
      change(one);
      const { status, output } = await run(
        one.directory,
        [join(IMAGE, 'bin/grafana'), 'server'],
        one.environment,
      );
      assert.equal(status, 1);
      assert.match(output, says);
    });
  }
});

describe('a dashboard is left out and logged', () => {
  const panel = {
    ...{ id: 1, type: 'stat', title: 'Up', gridPos: { x: 0, y: 0, w: 4, h: 4 } },
    datasource: { type: 'prometheus', uid: 'prometheus' },
    targets: [{ refId: 'A', expr: 'up' }],
  };
  const good = { uid: 'mine', title: 'Mine', tags: [], schemaVersion: 39, panels: [panel] };
  const cases: [what: string, text: string, says: RegExp][] = [
    ['that is no JSON', '{', /JSON/],
    ['without a uid', JSON.stringify({ ...good, uid: undefined }), /uid/],
    ['with a uid that is too long', JSON.stringify({ ...good, uid: 'u'.repeat(41) }), /uid/],
    ['with a uid that is there already', JSON.stringify({ ...good, uid: 'fleet' }), /used twice/],
    ['without a title', JSON.stringify({ ...good, title: '' }), /title/],
    ['without panels', JSON.stringify({ ...good, panels: [] }), /panels/],
    [
      'with a panel that asks nothing',
      JSON.stringify({ ...good, panels: [{ ...panel, targets: [] }] }),
      /asks nothing/,
    ],
    [
      'with a panel that asks a data source that is not there',
      JSON.stringify({
        ...good,
        panels: [{ ...panel, datasource: { type: 'prometheus', uid: 'P1' } }],
      }),
      /the data source P1, which is not there/,
    ],
  ];
  for (const [what, text, says] of cases) {
    test(what, async (t) => {
      const one = await scene(t);
      one.write('dashboards/z-mine.json', text);
      const program = await one.start();
      assert.match(program.output(), /failed to load dashboard/);
      assert.match(program.output(), says);
      assert.equal((await one.get('/api/dashboards/uid/mine', PASSWORD)).status, 404);
      assert.equal((await one.get('/api/dashboards/uid/fleet', PASSWORD)).status, 200);
    });
  }
});

test('our own provisioning and dashboards are taken without a complaint', async (t) => {
  const one = await scene(t);
  const program = await one.start();
  assert.doesNotMatch(program.output(), /"level":"(?:error|warn)"/);
  const found = (await (await one.get('/api/search', PASSWORD)).json()) as { uid: string }[];
  assert.deepEqual(found.map(({ uid }) => uid).toSorted(), [
    'fleet',
    'hosts',
    'miner',
    'redis',
    'relayer',
  ]);
});

test('nobody sees anything without signing in', async (t) => {
  const one = await scene(t);
  await one.start();
  assert.equal((await one.get('/api/health')).status, 200);
  assert.equal((await one.get('/api/search')).status, 401);
  assert.equal((await one.get('/api/search', 'wrong-password')).status, 401);
  const page = await one.get('/d/fleet');
  assert.deepEqual([page.status, page.headers.get('location')], [302, '/login']);
});

test('the data source is healthy when a Prometheus answers there', async (t) => {
  const prometheus = http.createServer((_, response) => response.end('{"status":"success"}'));
  await new Promise<void>((resolve) => prometheus.listen(0, '127.0.0.1', resolve));
  t.after(() => prometheus.close());
  const { port } = prometheus.address() as AddressInfo;
  const health = '/api/datasources/uid/prometheus/health';
  const good = await scene(t, `http://127.0.0.1:${port}`);
  await good.start();
  assert.equal((await good.get(health, PASSWORD)).status, 200);
  const bad = await scene(t);
  await bad.start();
  assert.equal((await bad.get(health, PASSWORD)).status, 400);
});

test('peer defect D42: a changed variable leaves the password of a volume as it is, the command line does not', async (t) => {
  const one = await scene(t);
  const first = await one.start();
  assert.equal((await one.get('/api/user', PASSWORD)).status, 200);
  first.signal('SIGTERM');
  await first.ended();

  one.write('admin-password', 'another password\n');
  await one.start();
  assert.equal((await one.get('/api/user', 'another password')).status, 401);
  assert.equal((await one.get('/api/user', PASSWORD)).status, 200);
  const reset = await run(
    one.directory,
    [
      'sh',
      '-c',
      `"${IMAGE}/bin/grafana" cli --homepath . admin reset-admin-password --password-from-stdin <admin-password`,
    ],
    one.environment,
  );
  assert.equal(reset.status, 0, reset.output);
  assert.equal((await one.get('/api/user', 'another password')).status, 200);
});

test('the command line refuses what it does not know, and an empty password', async (t) => {
  const one = await scene(t);
  await one.start();
  for (const words of [['admin', 'reset-password'], ['admin', 'reset-admin-password', ''], []]) {
    assert.equal((await one.cli(...words)).status, 1, words.join(' '));
  }
  assert.equal((await one.cli('--user', 'admin')).status, 1);
});

test('too many wrong passwords lock the user', async (t) => {
  const one = await scene(t);
  await one.start();
  for (let i = 0; i < 5; i += 1) await one.get('/api/user', 'wrong-password');
  assert.equal((await one.get('/api/user', PASSWORD)).status, 401);
});
