import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { type Deployment, loadDeployment } from '../../../lib/deployment.ts';
import { ProfileError } from '../../../lib/profile/problem.ts';
import { directoryWith, OWNER } from './temporary.ts';

const owner = { owner_identity: OWNER, owner_email: 'me@nodes.net' };
const relayminer = {
  keys_file: 'keys.yaml',
  services: { eth: { backends: { jsonrpc: { url: 'http://10.0.0.90:8545' } } } },
};

/** Everything that a profile can have, each part on a host of its own. */
const EVERYTHING = {
  pocket_network: 'main',
  hosts: {
    edge: { address: 'edge.nodes.net', private_address: '10.0.0.1' },
    relayer: '10.0.0.2',
    miner: '10.0.0.3',
    data: '10.0.0.4',
    provider: '10.0.0.5',
    middleman: '10.0.0.6',
    watch: '10.0.0.7',
    cli: '10.0.0.8',
  },
  reverse_proxy_hosts: ['edge'],
  relay_relayers: ['relayer'],
  relay_miners: ['miner'],
  redis_hosts: ['data'],
  postgres_hosts: ['data'],
  temporal_hosts: ['data'],
  provider_hosts: ['provider'],
  middleman_hosts: ['middleman'],
  monitoring_hosts: ['watch'],
  pocket_cli_hosts: ['cli'],
  relay_public_domain: 'relay.nodes.net',
  provider_public_api_domain: 'api.nodes.net',
  middleman_domain: 'stake.nodes.net',
  grafana_domain: 'grafana.nodes.net',
  reverse_proxy: { tls: 'internal' },
  provider: owner,
  middleman: owner,
  relayminer,
};

function load(t: TestContext, changes: Record<string, unknown>): Deployment {
  const text = stringify({ ...EVERYTHING, ...changes });
  return loadDeployment(join(directoryWith(t, { 'p.yaml': text }), 'p.yaml'));
}

/** What is wrong, each as `path: what`. */
function problems(t: TestContext, changes: Record<string, unknown>): string[] {
  try {
    load(t, changes);
  } catch (error) {
    assert.ok(error instanceof ProfileError, String(error));
    return error.problems.map(({ path, expected }) => `${path.join('.')}: ${expected}`);
  }
  return [];
}

function arrows({ connections }: Deployment): string[] {
  return connections.map(({ from, to, port }) => `${from} → ${to}:${port}`);
}

describe('who talks to whom', () => {
  test('follows from the groups and the public names', (t) => {
    const lines = arrows(load(t, {}));
    for (const line of [
      'operator → cli:22',
      'internet → edge:443',
      'edge → relayer:8080',
      'edge → provider:3001',
      'edge → middleman:3000',
      'edge → watch:3002',
      'middleman → data:5432',
      'middleman → data:7233',
      'watch → relayer:9090',
      'watch → miner:9092',
      'watch → cli:9100',
      'watch → data:9121',
      'watch → data:9187',
      'cli → pocket network:443',
      'relayer → backends:8545',
    ]) {
      assert.ok(lines.includes(line), line);
    }
    assert.ok(!lines.some((line) => line.includes(':26379')), 'no Sentinel without sentinel mode');
  });

  test('leaves the portal and Grafana alone at the proxy unless they have a name there', (t) => {
    const changes = { grafana_domain: undefined, provider_public_api_domain: undefined };
    const lines = arrows(
      load(t, {
        ...changes,
        middleman_hosts: [],
        middleman_domain: undefined,
        hosts: { ...EVERYTHING.hosts, middleman: undefined },
      }),
    );
    assert.ok(!lines.includes('edge → provider:3001'));
    assert.ok(!lines.includes('edge → watch:3002'));
  });

  test('names the hosts of the profile that are a chain node or a backend', (t) => {
    const services = { eth: { backends: { jsonrpc: { url: 'http://10.0.0.3:8545' } } } };
    const lines = arrows(
      load(t, { pocket_rpc_url: 'http://10.0.0.2:26657', relayminer: { ...relayminer, services } }),
    );
    assert.ok(lines.includes('miner → relayer:26657'));
    assert.ok(lines.includes('relayer → miner:8545'));
  });

  test('has Sentinels that agree, and are asked', (t) => {
    const lines = arrows(
      load(t, { redis: { mode: 'sentinel' }, redis_hosts: ['data', 'relayer', 'miner'] }),
    );
    for (const line of ['data → miner:6379', 'miner → data:26379', 'relayer → relayer:26379']) {
      assert.ok(lines.includes(line), line);
    }
  });
});

describe('a managed service', () => {
  const managed = {
    hosts: { ...EVERYTHING.hosts, data: undefined },
    redis_hosts: [],
    postgres_hosts: [],
    temporal_hosts: [],
    redis: { mode: 'external' },
    redis_url: 'rediss://redis.cloud.net:6380/0',
    postgres: { mode: 'external', address: 'db.cloud.net:5432' },
    temporal: { mode: 'external', address: 'temporal.cloud.net:7233' },
    secrets: { postgres_password: 'env:POSTGRES_PASSWORD' },
  };

  test('takes the place of hosts', (t) => {
    const lines = arrows(load(t, managed));
    for (const line of [
      'relayer → managed Redis:6380',
      'provider → managed PostgreSQL:5432',
      'middleman → managed Temporal:7233',
    ]) {
      assert.ok(lines.includes(line), line);
    }
  });

  test('has an address, and no host', (t) => {
    assert.deepEqual(
      problems(t, {
        ...managed,
        redis_url: undefined,
        hosts: EVERYTHING.hosts,
        postgres_hosts: ['data'],
      }).toSorted(),
      [
        'postgres_hosts: expected none, because postgres.mode is external',
        'redis_url: missing, expected it with redis.mode: external',
      ],
    );
  });

  test('has a URL without a password in it', (t) => {
    const found = problems(t, { ...managed, redis_url: 'rediss://me:secret@redis.cloud.net:6380' });
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^redis_url: expected redis:.*without user and password$/);
  });
});

describe('wiring that cannot work is refused', () => {
  const cases: [title: string, changes: Record<string, unknown>, expected: string[]][] = [
    [
      'a Middleman that cannot reach the Provider',
      { provider_public_api_domain: undefined },
      [
        'provider_public_api_domain: missing: without it, the Middleman cannot reach the Provider of this profile',
      ],
    ],
    [
      'a name for two services',
      { grafana_domain: 'Relay.nodes.net' },
      ['grafana_domain: is relay_public_domain too: one name is one service'],
    ],
    [
      'a name without anything behind it',
      { monitoring_hosts: [], hosts: { ...EVERYTHING.hosts, watch: undefined } },
      ['grafana_domain: is the name of Grafana, but monitoring_hosts is empty'],
    ],
    [
      'names without a proxy that serves them',
      { reverse_proxy_hosts: [], hosts: { ...EVERYTHING.hosts, edge: undefined } },
      [
        'relay_public_domain',
        'provider_public_api_domain',
        'middleman_domain',
        'grafana_domain',
      ].map((name) => `${name}: needs a host in reverse_proxy_hosts, which serves it`),
    ],
    [
      'relayers without Redis',
      { redis_hosts: [] },
      ['relay_relayers: relayers and miners need a host in redis_hosts'],
    ],
    [
      'an image that does not run on the processor',
      {
        hosts: { ...EVERYTHING.hosts, provider: { address: '10.0.0.5', architecture: 'arm64' } },
      },
      ['provider_hosts.0: hosts.provider is arm64, and Igniter’s images are for amd64 only'],
    ],
    [
      'a node where a relayer has its metrics',
      { pocket_grpc_address: '10.0.0.2:9090' },
      [
        'pocket_grpc_address: port 9090 of hosts.relayer is taken by relayer-metrics: expected another port',
      ],
    ],
    [
      'Sentinels without a majority',
      { redis: { mode: 'sentinel' }, redis_hosts: ['data', 'miner'] },
      ['redis_hosts: expected three hosts or more: fewer Sentinels have no majority'],
    ],
  ];
  for (const [title, changes, expected] of cases) {
    test(title, (t) => assert.deepEqual(problems(t, changes), expected));
  }
});

describe('what keeps state, or works alone, has one host', () => {
  for (const [group, reason] of [
    ['provider_hosts', 'two Providers on one database would work against each other'],
    ['middleman_hosts', 'two Middlemen on one database would work against each other'],
    ['postgres_hosts', 'databases are not replicated'],
    ['temporal_hosts', 'Temporal is not clustered'],
    ['redis_hosts', 'several are for redis.mode: sentinel'],
    ['monitoring_hosts', 'one Prometheus scrapes every host'],
  ] as const) {
    test(group, (t) =>
      assert.deepEqual(problems(t, { [group]: [...EVERYTHING[group], 'cli'] }), [
        `${group}.1: at most one host is supported in this group: ${reason}`,
      ]),
    );
  }
});

test('a host that only has pocketd needs no Docker', (t) => {
  const { roles } = load(t, {
    monitoring_hosts: [],
    grafana_domain: undefined,
    hosts: { ...EVERYTHING.hosts, watch: undefined },
  }).host('cli');
  assert.deepEqual(roles, ['common', 'firewall', 'pocketd']);
});
