import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Shell } from '../../../lib/shell.ts';
import { postgres } from '../../../scripts/postgres.mjs';
import { bash, deployment, ONE_HOST, TWO_HOSTS } from './deployed.ts';

const UNREACHABLE =
  'docker() { echo called >&2; echo "psql: error: connection refused" >&2; return 2; }';
const MEMORY = 'Write /opt/pocket/postgres/config/memory.conf';

test('a host gets the stack, the password and both databases, in this order', (t) => {
  const titles = deployment(t, ONE_HOST)
    .run(postgres, 'one')
    .steps.map(({ title }) => title);
  assert.deepEqual(titles.slice(-3), [
    'Bring up the stack postgres',
    'Set the password of the PostgreSQL user igniter',
    'Create the databases provider, temporal',
  ]);
});

describe('memory', () => {
  const settings =
    (memory: string, hosts = ONE_HOST) =>
    (t: Parameters<typeof deployment>[0]) => {
      const host = hosts === ONE_HOST ? 'one' : 'data';
      const lines = memory && `postgres: {memory: ${memory}}`;
      const { content } = deployment(t, hosts, lines).run(postgres, host).step(MEMORY);
      assert.ok(content instanceof Shell);
      return Object.fromEntries(
        bash(content.text)
          .trim()
          .split('\n')
          .map((line) => line.split(' = ')),
      );
    };
  const cases: [
    memory: string,
    shared: string,
    cache: string,
    maintenance: string,
    work: string,
  ][] = [
    ['256mb', '128MB', '256MB', '64MB', '4MB'],
    ['1gb', '256MB', '768MB', '64MB', '4MB'],
    ['4GB', '1024MB', '3072MB', '256MB', '10MB'],
    ['16gb', '4096MB', '12288MB', '1024MB', '20MB'],
    ['999gb', '4096MB', '65536MB', '1024MB', '20MB'],
  ];
  for (const [memory, shared, cache, maintenance, work] of cases) {
    test(`of ${memory} gives a cache of ${shared}`, (t) => {
      assert.deepEqual(settings(memory)(t), {
        max_connections: '100',
        shared_buffers: shared,
        effective_cache_size: cache,
        maintenance_work_mem: maintenance,
        work_mem: work,
      });
    });
  }

  test('is shared by the connections that may be', (t) => {
    const { max_connections, work_mem, ...others } = settings('4gb, max_connections: 200')(t);
    assert.deepEqual([max_connections, work_mem], ['200', '5MB']);
    const { max_connections: _, work_mem: __, ...usual } = settings('4gb')(t);
    assert.deepEqual(others, usual);
  });

  test('is half of the host’s when other stacks run there, and a quarter of that is the cache', (t) => {
    const host = Number(/MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
    const megabytes = Number.parseInt(settings('')(t).shared_buffers ?? '', 10);
    const expected = Math.min(4096, Math.max(128, host / 8));
    assert.ok(Math.abs(megabytes - expected) <= 32, `${megabytes} MB of ${host} MB`);
  });
});

test('the port is published at the private address only when another host connects to it', (t) => {
  const ports = (hosts: string, host: string) =>
    deployment(t, hosts)
      .run(postgres, host)
      .step('Write /opt/pocket/postgres/compose.override.yaml');
  assert.doesNotMatch((ports(ONE_HOST, 'one').content as Shell).text, /ports:/);
  assert.match(
    (ports(TWO_HOSTS, 'data').content as Shell).text,
    /ports: \["10\.0\.0\.4:5432:5432"\]/,
  );
});

test('the password is in the .env, which is 0600, and in no shell', (t) => {
  t.after(() => delete process.env.TEST_POSTGRES_PASSWORD);
  process.env.TEST_POSTGRES_PASSWORD = `p@ss/w#rd $x`;
  const settings = 'secrets: {postgres_password: "env:TEST_POSTGRES_PASSWORD"}';
  const deployed = deployment(t, ONE_HOST, settings).run(postgres, 'one');
  assert.equal(deployed.env('postgres').POSTGRES_PASSWORD, 'p@ss/w#rd $x');
  assert.match(deployed.step('Write /opt/pocket/postgres/.env').check.text, /\.env 600 root:root/);
  assert.ok(!deployed.script.includes('p@ss/w#rd'));
});

test('peer defect D45 cannot happen here: a server that cannot be asked is not taken for one without the database', (t) => {
  const step = deployment(t, ONE_HOST).run(postgres, 'one').step('Create the databases');
  assert.throws(() => bash(step.check.text, UNREACHABLE));
  assert.throws(
    () => bash(step.apply.text, UNREACHABLE),
    ({ stderr }) => stderr === 'called\npsql: error: connection refused\n',
    'one session both asks and creates, and its own words are shown',
  );
});

test('a changed password is set by the step, since the image sets it for an empty volume only', (t) => {
  const step = deployment(t, ONE_HOST).run(postgres, 'one').step('Set the password');
  assert.match(
    step.check.text,
    /-h "\$\(hostname\)"/,
    'the image trusts its loopback: asking there proves nothing',
  );
  assert.throws(() => bash(step.check.text, UNREACHABLE));
  const said = bash(step.apply.text, 'docker() { cat; }');
  assert.match(
    said,
    /\\getenv password POSTGRES_PASSWORD\nALTER ROLE CURRENT_USER PASSWORD :'password';/,
  );
});
