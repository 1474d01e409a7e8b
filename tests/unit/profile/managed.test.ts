import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { adHocDeployment, type Deployment, loadDeployment } from '../../../lib/deployment.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { directoryWith, OWNER } from './temporary.ts';

const RELAYS = `relayminer:
  keys_file: keys.yaml
  services: {eth: {backends: {jsonrpc: {url: "http://10.0.0.90:8545"}}}}
`;
const KEYS = `keys: ["${'11'.repeat(32)}"]\n`;

const SENTINEL = `pocket_network: beta
hosts:
  a: {address: 203.0.113.1, private_address: 10.0.0.1}
  b: {address: 203.0.113.2, private_address: 10.0.0.2}
  c: {address: 203.0.113.3, private_address: 10.0.0.3}
  d: {address: 203.0.113.4}
redis_hosts: [b, a, c]
relay_relayers: [a, d]
relay_miners: [d]
redis: {mode: sentinel}
${RELAYS}`;

const EXTERNAL = `pocket_network: beta
hosts: {web1: 203.0.113.1}
relay_relayers: [web1]
relay_miners: [web1]
provider_hosts: [web1]
redis: {mode: external}
redis_url: redis://10.9.9.9:6379/0
postgres: {mode: external, address: "db.cloud.net:5433"}
temporal: {mode: external, address: "[fd00::7]:7233"}
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
secrets: {postgres_password: "env:TEST_MANAGED_PASSWORD"}
${RELAYS}`;

function loaded(t: TestContext, profile: string): Deployment {
  const root = directoryWith(t, { 'p.yaml': profile, 'keys.yaml': KEYS });
  return loadDeployment(join(root, 'p.yaml'), { root });
}

function problemsOf(t: TestContext, profile: string): string[] {
  const root = directoryWith(t, { 'p.yaml': profile });
  try {
    loadDeployment(join(root, 'p.yaml'));
  } catch (error) {
    return (error as Error).message.replaceAll(`${root}/`, '').split('\n');
  }
  return [];
}

describe('Redis with Sentinels', () => {
  test('is asked for at the private address of every Sentinel, also from its own host', (t) => {
    const deployment = loaded(t, SENTINEL);
    const url = 'redis-sentinel://:p%40s%2Fs@10.0.0.2:26379,10.0.0.1:26379,10.0.0.3:26379/pocket';
    for (const host of deployment.hosts) assert.equal(deployment.redisUrl(host, 'p@s/s'), url);
  });

  test('publishes both ports at loopback and the private address, and nowhere else', (t) => {
    const deployment = loaded(t, SENTINEL);
    for (const port of ['redis', 'sentinel'] as const)
      assert.deepEqual(deployment.bindAddresses(port, deployment.host('c')), [
        '127.0.0.1',
        '10.0.0.3',
      ]);
  });
});

describe('what the profile says of managed services', () => {
  test('is where their users go', (t) => {
    const deployment = loaded(t, EXTERNAL);
    const [host] = deployment.hosts;
    assert.equal(deployment.redisUrl(host!, undefined), 'redis://10.9.9.9:6379/0');
    assert.equal(
      deployment.databaseUrl(host!, 'provider', 'p@ss'),
      'postgres://igniter:p%40ss@db.cloud.net:5433/provider?sslmode=verify-full',
    );
    assert.equal(deployment.temporalAddress(host!), '[fd00::7]:7233');
    assert.deepEqual(deployment.endpoint('postgres', host!), { host: 'db.cloud.net', port: 5433 });
    const lines = deployment.connections.map(({ from, to, port }) => `${from} → ${to}:${port}`);
    for (const line of [
      'web1 → managed Redis:6379',
      'web1 → managed PostgreSQL:5433',
      'web1 → managed Temporal:7233',
    ])
      assert.ok(lines.includes(line), line);
    assert.deepEqual(
      deployment.host('web1').roles.filter((role) => /redis|postgres|temporal/.test(role)),
      [],
    );
  });

  for (const [mode, expected] of [
    ['no-verify', 'no-verify'],
    ['disable', 'disable'],
    ['verify-full', 'verify-full'],
  ]) {
    test(`sslmode ${mode} reaches the database’s URL`, (t) => {
      const deployment = loaded(t, EXTERNAL.replace('5433"', `5433", sslmode: ${mode}`));
      const url = deployment.databaseUrl(deployment.hosts[0]!, 'provider', 'x');
      assert.equal(new URL(url).searchParams.get('sslmode'), expected);
    });
  }

  test('signs in to Redis as the user that it names', (t) => {
    const deployment = loaded(
      t,
      EXTERNAL.replace('redis: {mode: external}', 'redis: {mode: external, user: relays}')
        .replace('redis://10', 'rediss://10')
        .replace('secrets: {', 'secrets: {redis_password: "env:TEST_MANAGED_PASSWORD", '),
    );
    assert.equal(
      deployment.redisUrl(deployment.hosts[0]!, 'p/w'),
      'rediss://relays:p%2Fw@10.9.9.9:6379/0',
    );
  });

  test('does not mind the image of a Redis that nobody runs here', (t) => {
    const old = 'images: {redis: "docker.io/library/redis:7.4"}\n';
    assert.deepEqual(problemsOf(t, EXTERNAL + old), []);
    assert.match(problemsOf(t, SENTINEL + old).join(), /images\.redis: .*expected Redis 8\.10/);
  });

  test('names a service on a host of the profile as that host', (t) => {
    const text = EXTERNAL.replace('10.9.9.9', '203.0.113.1');
    const arrow = loaded(t, text).connections.find(({ port }) => port === 6379);
    assert.deepEqual([arrow?.from, arrow?.to], ['web1', 'web1']);
  });
});

describe('passwords of managed services', () => {
  test('are never made up', (t) => {
    t.after(() => delete process.env.TEST_MANAGED_PASSWORD);
    process.env.TEST_MANAGED_PASSWORD = 'the-administrator-chose-it';
    const secrets = loadSecrets(loaded(t, EXTERNAL), { create: true });
    assert.equal(secrets.find('redis_password'), undefined);
    assert.equal(secrets.get('postgres_password').reveal(), 'the-administrator-chose-it');
    assert.ok(!secrets.named().some(({ name }) => name.startsWith('redis_password')));
  });
});

const CASES: [title: string, profile: string, lines: string[]][] = [
  [
    'fewer than three hosts with Sentinels',
    SENTINEL.replace('[b, a, c]', '[b, a]').replace(
      '  c: {address: 203.0.113.3, private_address: 10.0.0.3}\n',
      '',
    ),
    ['p.yaml:6:14 redis_hosts: expected three hosts or more: fewer Sentinels have no majority'],
  ],
  [
    'a Sentinel that the others cannot reach',
    SENTINEL.replace(', private_address: 10.0.0.3', ''),
    ['p.yaml:5:3 hosts.c.private_address: missing: hosts.a connects to its port 6379'],
  ],
  [
    'managed services without their addresses and passwords',
    EXTERNAL.replace(/^redis_url.*\n/m, '')
      .replace(', address: "db.cloud.net:5433"', '')
      .replace(', address: "[fd00::7]:7233"', '')
      .replace(/^secrets.*\n/m, ''),
    [
      'p.yaml:1:1 redis_url: missing, expected it with redis.mode: external',
      'p.yaml:1:1 secrets.postgres_password: missing, expected where the password of the external PostgreSQL is: env:NAME, file:PATH or cmd:COMMAND',
      'p.yaml:7:1 postgres.address: missing, expected it with postgres.mode: external',
      'p.yaml:8:1 temporal.address: missing, expected it with temporal.mode: external',
    ],
  ],
  [
    'managed services and hosts for them',
    EXTERNAL.replace(
      'redis: {mode',
      'redis_hosts: [web1]\npostgres_hosts: [web1]\ntemporal_hosts: [web1]\nredis: {mode',
    ),
    [
      'p.yaml:6:14 redis_hosts: expected none, because redis.mode is external',
      'p.yaml:7:17 postgres_hosts: expected none, because postgres.mode is external',
      'p.yaml:8:17 temporal_hosts: expected none, because temporal.mode is external',
    ],
  ],
  [
    'settings that go with the other mode',
    SENTINEL.replace('{mode: sentinel}', '{mode: sentinel, user: me}') +
      'postgres: {sslmode: disable}\nredis_url: redis://10.9.9.9\n',
    [
      'p.yaml:10:31 redis.user: is used with redis.mode: external only',
      'p.yaml:14:21 postgres.sslmode: is used with postgres.mode: external only',
      'p.yaml:15:12 redis_url: is used with redis.mode: external only',
    ],
  ],
  [
    'sizes of what somebody else runs',
    EXTERNAL.replace('redis: {mode', 'redis: {maxmemory: 1gb, mode').replace(
      'postgres: {mode',
      'postgres: {memory: 1gb, max_connections: 200, mode',
    ),
    [
      'p.yaml:6:20 redis.maxmemory: is set where the external Redis is managed',
      'p.yaml:8:20 postgres.memory: is set where the external PostgreSQL is managed',
      'p.yaml:8:42 postgres.max_connections: is set where the external PostgreSQL is managed',
    ],
  ],
  [
    'a user without a password',
    EXTERNAL.replace('redis: {mode: external}', 'redis: {mode: external, user: me}'),
    ['p.yaml:11:1 secrets.redis_password: missing, expected it with redis.user'],
  ],
  [
    'a user where Sentinels are asked',
    EXTERNAL.replace('redis: {mode: external}', 'redis: {mode: external, user: me}').replace(
      'redis://10.9.9.9:6379/0',
      'redis-sentinel://10.9.9.9:26379/main',
    ),
    ['p.yaml:6:31 redis.user: RelayMiner signs in as the default user where Sentinels are asked'],
  ],
  [
    'addresses that a container would take for itself, or that are taken',
    EXTERNAL.replace('10.9.9.9:6379', 'localhost:6379').replace(
      '[fd00::7]:7233',
      '203.0.113.1:8080',
    ),
    [
      'p.yaml:7:12 redis_url: expected an address that containers can reach: localhost is the container itself',
      'p.yaml:9:37 temporal.address: port 8080 of hosts.web1 is taken by relayer: expected another port',
    ],
  ],
  ...[
    'redis://me:secret@r.lan',
    'redis://a:1,b:2',
    'redis-sentinel://a:26379',
    'redis-cluster://a:1',
    'unix://x',
    'redis://r.lan:70000',
  ].map((url): [string, string, string[]] => [
    `the URL ${url}`,
    EXTERNAL.replace('redis://10.9.9.9:6379/0', url),
    [
      url.includes('70000')
        ? `p.yaml:7:12 redis_url: "${url}", expected ports from 1 to 65535`
        : `p.yaml:7:12 redis_url: "${url.replace('me:secret', '***')}", expected redis://host:port, rediss://host:port or redis-sentinel://host:port,host:port/name, without user and password`,
    ],
  ]),
];

describe('what cannot work is refused at its place', () => {
  for (const [title, profile, lines] of CASES) {
    test(title, (t) => assert.deepEqual(problemsOf(t, profile), lines));
  }
});

test('a role run alone reaches a managed service by flags', () => {
  const deployment = adHocDeployment({
    host: '203.0.113.1',
    role: 'relayminer',
    settings: {
      pocket_network: 'beta',
      redis: { mode: 'external' },
      redis_url: 'redis://10.9.9.9:6379',
      relayminer: {
        keys_file: 'keys.yaml',
        services: { eth: { backends: { jsonrpc: { url: 'http://10.0.0.90:8545' } } } },
      },
    },
  });
  assert.deepEqual(deployment.group('redis_hosts'), []);
  assert.equal(deployment.redisUrl(deployment.hosts[0]!, undefined), 'redis://10.9.9.9:6379');
});
