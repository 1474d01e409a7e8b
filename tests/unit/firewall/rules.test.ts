import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { adHocDeployment, type Deployment } from '../../../lib/deployment.ts';
import { CLOSED_PORTS } from '../../../lib/firewall/openings.ts';
import { rulesetOf } from '../../../lib/firewall/rules.ts';
import { PORTS } from '../../../lib/ports.ts';
import { HOSTS, relays } from './deployments.ts';

/** What is in a chain, a line for each. */
function linesOf(chain: string, text: string): string[] {
  const found = new RegExp(`chain ${chain} \\{\\n([\\s\\S]*?) {2}\\}`).exec(text)?.[1] ?? '';
  return found.trim().split(/\n */);
}

/** The rules for what is closed, a line for each, and the elements of the sets that they name. */
function closed(deployment: Deployment, host: string) {
  const text = rulesetOf(deployment, deployment.host(host));
  const sets = text.matchAll(/set (\w+) \{[^}]*?elements = \{([^}]*)\}/g);
  return {
    rules: linesOf('closed', text),
    sets: Object.fromEntries(
      [...sets].map(([, name, elements = '']) => [
        name,
        elements
          .trim()
          .replace(/,$/, '')
          .split(/,\n\s*/),
      ]),
    ),
  };
}

const LAST = 'tcp dport @closed_ports drop comment "nobody else"';
const NO_HTTP3 = 'udp dport 443 drop comment "HTTP/3, which proxies only serve"';

function limits(ports: string, perSecond: number): string[] {
  const end = `limit rate over ${perSecond}/second burst ${perSecond * 5} packets } drop comment "too many new connections from there"`;
  return [
    `tcp dport { ${ports} } update @connecting_ipv4 { ip saddr ${end}`,
    `tcp dport { ${ports} } update @connecting_ipv6 { ip6 saddr & ffff:ffff:ffff:ffff:: ${end}`,
  ];
}

describe('the firewall of a host', () => {
  test('puts no name with a wildcard into a set, which nft 1.0.2 of Ubuntu 22.04 refuses', (t) => {
    const text = rulesetOf(relays(t), relays(t).host('proxy'));
    assert.match(text, /^ {4}iifname "br-\*" accept/m);
    assert.doesNotMatch(text, /\{[^}\n]*\*[^}\n]*\}/);
  });

  test('closes ports before Docker sends packets on, but not to known connections, to ssh, or to the host itself', (t) => {
    const deployment = relays(t);
    const text = rulesetOf(deployment, deployment.host('proxy'));
    const ours = 'accept comment "the host itself, and its containers"';
    const past = `jump closed comment "past published ports, to a container's own address"`;
    assert.deepEqual(linesOf('prerouting', text), [
      'type filter hook prerouting priority -150; policy accept;',
      `iifname "lo" ${ours}`,
      `iifname "docker0" ${ours}`,
      `iifname "br-*" ${ours}`,
      'ct state established,related accept',
      'tcp dport { 22 } accept comment "ssh is never closed"',
      'fib daddr type local jump closed',
      `fib daddr oifname "docker0" ${past}`,
      `fib daddr oifname "br-*" ${past}`,
    ]);
  });

  test('a proxy is open to everybody at 80 and 443, and to Prometheus', (t) => {
    const { rules, sets } = closed(relays(t), 'proxy');
    assert.deepEqual(rules, [
      ...limits('80, 443', 1000),
      'tcp dport 80 accept comment "certificates, and redirects to https"',
      'tcp dport 443 accept comment "relays"',
      'ip saddr @to_9100_ipv4 tcp dport 9100 accept comment "Prometheus scrapes hosts"',
      'ip6 saddr @to_9100_ipv6 tcp dport 9100 accept comment "Prometheus scrapes hosts"',
      LAST,
    ]);
    assert.deepEqual(sets.to_9100_ipv4, ['10.0.0.3 comment "state"']);
    assert.deepEqual(sets.to_9100_ipv6, ['2001:db8::3 comment "state"']);
  });

  test('a relayer is open to the proxy, at its private address and the one that ssh uses', (t) => {
    const { rules, sets } = closed(relays(t), 'relay');
    assert.deepEqual(rules, [
      'ip saddr @to_8080_ipv4 tcp dport 8080 accept comment "proxy forwards relays"',
      'ip saddr @to_8081_ipv4 tcp dport 8081 accept comment "proxy asks which relayers are ready"',
      'ip saddr @to_9090_ipv4 tcp dport 9090 accept comment "Prometheus scrapes relayers"',
      'ip6 saddr @to_9090_ipv6 tcp dport 9090 accept comment "Prometheus scrapes relayers"',
      'ip saddr @to_9100_ipv4 tcp dport 9100 accept comment "Prometheus scrapes hosts"',
      'ip6 saddr @to_9100_ipv6 tcp dport 9100 accept comment "Prometheus scrapes hosts"',
      LAST,
      NO_HTTP3,
    ]);
    assert.deepEqual(sets.to_8080_ipv4, [
      '10.0.0.1 comment "proxy"',
      '203.0.113.1 comment "proxy"',
    ]);
  });

  test('what a name stands for is not let in, only the addresses that the profile has', (t) => {
    const { rules, sets } = closed(relays(t), 'state');
    assert.deepEqual(rules, [
      'ip saddr @to_6379_ipv4 tcp dport 6379 accept comment "relayer publishes relays to Redis"',
      'ip saddr @to_9090_ipv4 tcp dport 9090 accept comment "relayer reads chain state"',
      'ip saddr @to_26657_ipv4 tcp dport 26657 accept comment "relayer reads blocks"',
      LAST,
      NO_HTTP3,
    ]);
    assert.deepEqual(sets.to_6379_ipv4, ['10.0.0.2 comment "relay"']);
  });

  test('only a proxy counts who connects, up to what the profile says, or not at all', (t) => {
    const told = (host: string, value: number) => {
      const deployment = relays(t, `firewall: {connections_per_second: ${value}}`);
      return rulesetOf(deployment, deployment.host(host));
    };
    for (const rule of limits('80, 443', 50)) assert.ok(told('proxy', 50).includes(rule), rule);
    assert.doesNotMatch(told('proxy', 0), /connecting|limit rate/);
    assert.doesNotMatch(told('relay', 50), /connecting|limit rate/);
  });

  test('firewall.allow lets others in, on every host', (t) => {
    const deployment = relays(
      t,
      `firewall:
  allow:
    - {port: 26656, from: [0.0.0.0/0, "::/0"]}
    - {port: 9100, from: [198.51.100.0/24]}
    - {port: 9100, from: [198.51.100.7, 192.0.2.1]}`,
    );
    for (const { name } of deployment.hosts) {
      const { rules, sets } = closed(deployment, name);
      const why = (port: number) => `comment "firewall.allow of the profile, port ${port}"`;
      for (const rule of [
        `ip saddr @allowed_to_26656_ipv4 tcp dport 26656 accept ${why(26656)}`,
        `ip6 saddr @allowed_to_26656_ipv6 tcp dport 26656 accept ${why(26656)}`,
        `ip saddr @allowed_to_9100_ipv4 tcp dport 9100 accept ${why(9100)}`,
      ])
        assert.ok(rules.indexOf(rule) < rules.indexOf(LAST) && rules.includes(rule), rule);
      assert.deepEqual(sets.allowed_to_9100_ipv4, ['198.51.100.0/24', '198.51.100.7', '192.0.2.1']);
    }
  });

  test('alone, without a profile, it lets nobody in but ssh, wherever that is', () => {
    const deployment = adHocDeployment({ host: 'root@203.0.113.9:8080', role: 'firewall' });
    const { rules } = closed(deployment, 'host');
    assert.deepEqual(rules, [LAST, NO_HTTP3]);
    const text = rulesetOf(deployment, deployment.host('host'));
    assert.match(text, /tcp dport \{ 22, 8080 \} accept comment "ssh is never closed"/);
  });

  test('every port that is published is in the list, and ssh is not', () => {
    for (const { port } of Object.values(PORTS)) assert.ok(CLOSED_PORTS.includes(port), `${port}`);
    const wanted = [
      ...[26656, 26657, 9090, 1317, 6379, 26379, 8080, 8081, 9091, 9092, 9093, 9115, 9100, 9121],
      ...[9187, 3002, 6060, 5432, 7233, 3000, 3001, 80, 443],
    ];
    for (const port of wanted) assert.ok(CLOSED_PORTS.includes(port), `${port}`);
    assert.ok(!CLOSED_PORTS.includes(22));
  });

  test('two hosts behind one address are one source with both names', (t) => {
    const hosts = `${HOSTS}
  second: {address: "203.0.113.1:2222", private_address: 10.0.0.8}`;
    const { sets } = closed(relays(t, 'pocket_cli_hosts: [second, proxy]', hosts), 'state');
    assert.deepEqual(sets.to_26657_ipv4, [
      '10.0.0.1 comment "proxy"',
      '203.0.113.1 comment "proxy, second"',
      '10.0.0.2 comment "relay"',
      '10.0.0.8 comment "second"',
    ]);
  });

  const nft = spawnSync('unshare', ['--net', 'nft', '--version']).status === 0;
  test('nft takes it', { skip: nft ? false : 'no nft here, or no networks of its own' }, (t) => {
    const deployment = relays(
      t,
      `firewall: {allow: [{port: 1317, from: [192.0.2.0/24, 192.0.2.7, "2001:db8::/32"]}]}`,
    );
    for (const host of deployment.hosts) {
      const input = rulesetOf(deployment, host);
      // Twice, since the second replaces the first.
      const load = 'rules=$(cat) && nft --file - <<<"$rules" && nft --file - <<<"$rules"';
      const { status, stderr } = spawnSync('unshare', ['--net', 'bash', '-c', load], {
        input,
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${host.name}: ${stderr}`);
    }
  });
});
