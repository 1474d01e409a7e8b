import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { adHocDeployment, loadDeployment } from '../../../lib/deployment.ts';
import { parseAddress } from '../../../lib/profile/address.ts';
import { redisFloor } from '../../../lib/profile/images.ts';
import { ProfileError } from '../../../lib/profile/problem.ts';
import { directoryWith, OWNER, RELAY_HOST } from './temporary.ts';

const SPREAD = `pocket_network: main
hosts:
  Edge.1: {address: edge.nodes.net, private_address: 10.0.0.1}
  relay-a: {address: 203.0.113.5, private_address: 10.0.0.2}
  relay-b: {address: 203.0.113.6, private_address: 10.0.0.3}
  data: {address: 203.0.113.7, private_address: 10.0.0.4}
  provider: {address: provider.nodes.net, private_address: 10.0.0.5}
postgres_hosts: [data]
temporal_hosts: [data]
redis_hosts: [data]
provider_hosts: [provider]
relay_relayers: [relay-a, relay-b]
relay_miners: [data]
reverse_proxy_hosts: [Edge.1]
relay_public_domain: relay.nodes.net
reverse_proxy: {acme_email: me@nodes.net}
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
relayminer:
  keys_file: keys.yaml
  services: {eth: {backends: {jsonrpc: {url: "https://eth.nodes.net"}}}}
`;

test('the lab profile is good', () => {
  const lab = loadDeployment(
    new URL('../../../profiles/all-in-one-lab.yaml', import.meta.url).pathname,
  );
  assert.equal(lab.name, 'all-in-one-lab');
  assert.equal(lab.network.chainId, 'pocket-lego-testnet');
  assert.match(lab.network.delegatorsUrl, /\/main\/pocket-beta\/middleman\.json$/);
  assert.equal(lab.redisFloor, '8.10');
  const [host] = lab.hosts;
  assert.equal(lab.redisUrl(host!, 'p@ss'), 'redis://:p%40ss@redis:6379/0');
  assert.equal(
    lab.databaseUrl(host!, 'provider', 'a/b'),
    'postgres://igniter:a%2Fb@postgres:5432/provider?sslmode=disable',
  );
  assert.equal(lab.temporalAddress(host!), 'temporal:7233');
  assert.deepEqual(lab.relayUpstreams(host!), ['relayer:8080']);
  for (const service of [
    'redis',
    'postgres',
    'temporal',
    'relayer',
    'miner',
    'provider-web',
  ] as const) {
    assert.deepEqual(lab.bindAddresses(service, host!), ['127.0.0.1'], service);
  }
});

describe('parts on several hosts', () => {
  test('reach one another by private address', (t) => {
    const d = loadDeployment(join(directoryWith(t, { 'p.yaml': SPREAD }), 'p.yaml'));
    assert.equal(d.redisUrl(d.host('relay-a'), 'x'), 'redis://:x@10.0.0.4:6379/0');
    assert.equal(d.redisUrl(d.host('data'), 'x'), 'redis://:x@redis:6379/0');
    assert.equal(d.temporalAddress(d.host('provider')), '10.0.0.4:7233');
    assert.deepEqual(d.relayUpstreams(d.host('Edge.1')), ['10.0.0.2:8080', '10.0.0.3:8080']);
    assert.deepEqual(
      d.scrapeTargets(d.host('data')).map(({ job, on, host, port }) => [job, on, host, port]),
      [
        ['relayers', 'relay-a', '10.0.0.2', 9090],
        ['relayers', 'relay-b', '10.0.0.3', 9090],
        ['miners', 'data', 'miner', 9092],
      ],
    );
  });

  test('publish a port at the private address only when another host connects to it', (t) => {
    const d = loadDeployment(join(directoryWith(t, { 'p.yaml': SPREAD }), 'p.yaml'));
    assert.deepEqual(d.bindAddresses('redis', d.host('data')), ['127.0.0.1', '10.0.0.4']);
    assert.deepEqual(d.bindAddresses('relayer', d.host('relay-b')), ['127.0.0.1', '10.0.0.3']);
    assert.deepEqual(d.bindAddresses('relayer-metrics', d.host('relay-b')), ['127.0.0.1']);
    assert.deepEqual(d.bindAddresses('provider-web', d.host('provider')), ['127.0.0.1']);
    assert.deepEqual(d.bindAddresses('https', d.host('Edge.1')), ['0.0.0.0', '::']);
  });

  test('have the roles of their groups, and connections between them', (t) => {
    const d = loadDeployment(join(directoryWith(t, { 'p.yaml': SPREAD }), 'p.yaml'));
    assert.deepEqual(
      d
        .host('data')
        .roles.filter((role) => !/^(?:common|firewall|install-docker|images)$/.test(role)),
      ['redis', 'postgres', 'temporal', 'relayminer'],
    );
    const lines = d.connections.map(({ from, to, port }) => `${from} → ${to}:${port}`);
    for (const line of [
      'operator → Edge.1:22',
      'internet → Edge.1:443',
      'Edge.1 → relay-a:8080',
      'relay-b → data:6379',
      'provider → data:5432',
      'data → pocket network:443',
    ]) {
      assert.ok(lines.includes(line), line);
    }
  });
});

test('a disabled component has no hosts', (t) => {
  const middleman = `middleman_hosts: [data]
middleman: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
`;
  for (const [flag, text, role, groups] of [
    ['igniter_provider_enabled', SPREAD, 'provider', ['provider_hosts']],
    ['igniter_middleman_enabled', `${SPREAD}${middleman}`, 'middleman', ['middleman_hosts']],
    ['ha_relayminer_enabled', RELAY_HOST, 'relayminer', ['relay_relayers', 'relay_miners']],
  ] as const) {
    const directory = directoryWith(t, { 'p.yaml': `${text}${flag}: false\n` });
    const d = loadDeployment(join(directory, 'p.yaml'));
    for (const group of groups) assert.deepEqual(d.group(group), [], group);
    assert.ok(!d.hosts.some(({ roles }) => roles.includes(role)), flag);
  }
});

test('gRPC of an own node is without TLS unless its port is 443', (t) => {
  for (const [address, insecure] of [
    ['node.lan:9090', true],
    ['node.lan:443', false],
  ] as const) {
    const text = `${RELAY_HOST}pocket_grpc_address: ${address}\n`;
    const d = loadDeployment(join(directoryWith(t, { 'p.yaml': text }), 'p.yaml'));
    assert.equal(d.network.grpcInsecure, insecure);
  }
});

test('the floor of Redis follows the tag of RelayMiner', () => {
  const image = 'ghcr.io/pokt-network/pocket-relay-miner';
  for (const [tag, floor] of [
    ['v0.1.0', '8.10'],
    ['v0.1.6', '8.10'],
    ['v1.0.0', '8.10'],
    ['0.0.9', '8.2'],
    ['rc', '8.2'],
    ['dev', '8.2'],
  ]) {
    assert.equal(redisFloor(`${image}:${tag}`), floor, tag);
  }
});

test('addresses in every form', () => {
  assert.deepEqual(parseAddress('lab'), { address: 'lab' });
  assert.deepEqual(parseAddress('me@h:22'), { user: 'me', address: 'h', port: 22 });
  assert.deepEqual(parseAddress('me@[fe80::1]:2222'), {
    user: 'me',
    address: 'fe80::1',
    port: 2222,
  });
  assert.deepEqual(parseAddress('fd00::1'), { address: 'fd00::1' });
});

describe('a role run alone, without a profile', () => {
  test('has its host and its role', () => {
    const d = adHocDeployment({ host: 'me@10.0.0.7:2222', role: 'redis', root: '/x' });
    assert.equal(d.name, 'host-me-10-0-0-7-2222');
    assert.equal(d.directory, '/x/deployments/host-me-10-0-0-7-2222');
    assert.equal(d.hosts[0]?.port, 2222);
    assert.ok(d.hosts[0]?.roles.includes('redis'));
  });

  test('has problems that name flags', () => {
    const messageOf = (settings: Record<string, unknown>, host = 'web', role = 'redis') => {
      try {
        adHocDeployment({ host, role: role as 'redis', settings });
      } catch (error) {
        assert.ok(error instanceof ProfileError);
        return error.message;
      }
      return 'nothing';
    };
    assert.equal(
      messageOf({ redis: { maxmemory: 'lots' } }),
      '--redis-maxmemory: "lots", expected an amount of memory such as 512mb or 3gb',
    );
    assert.match(messageOf({}, '-x'), /^--host: "-x", expected a host name/);
    assert.equal(
      messageOf({}, 'web', 'provider'),
      '--pocket-network: missing, expected one of main, beta, local',
    );
  });
});
