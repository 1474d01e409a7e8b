import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rolesOf } from '../../../lib/profile/membership.ts';
import type { ProfileError } from '../../../lib/profile/problem.ts';
import { HOSTS, relays } from './deployments.ts';

const UNKNOWN = HOSTS.replace(
  'proxy: {address: 203.0.113.1, private_address: 10.0.0.1}',
  'proxy: proxy.nodes.net',
);
function problems(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    return (error as ProfileError).message.split('\n').map((line) => line.replace(/^\S+ /, ''));
  }
  return [];
}

describe('a profile with a firewall', () => {
  test('names an address of every host that has to be let in', (t) => {
    // Nobody scrapes the proxy, so that nothing but the firewall wants an address of it.
    const load = (settings: string) => () => relays(t, settings, UNKNOWN, '[]');
    assert.deepEqual(problems(load('')), [
      'hosts.proxy.private_address: missing: the firewall of hosts.relay has to let it in at port 8080, and knows no IP address of it',
    ]);
    assert.deepEqual(problems(load('firewall: {enabled: false}')), []);
  });

  test('opens only what is closed otherwise, to addresses', (t) => {
    const load = (allow: string) => () => relays(t, `firewall: {allow: [${allow}]}`);
    assert.deepEqual(problems(load('{port: 8545, from: [192.0.2.1]}')), [
      'firewall.allow[0].port: is a port that the firewall leaves alone',
    ]);
    assert.deepEqual(problems(load('{port: 9100, from: [monitor.nodes.net]}')), [
      'firewall.allow[0].from[0]: "monitor.nodes.net", expected an IP address or a network such as 203.0.113.0/24',
    ]);
    assert.deepEqual(problems(load('{port: 9100, from: [192.0.2.0/33]}')), [
      'firewall.allow[0].from[0]: "192.0.2.0/33", expected an IP address or a network such as 203.0.113.0/24',
    ]);
    assert.deepEqual(problems(load('{port: 9100, from: []}')), [
      'firewall.allow[0].from: a list, expected at least one address or network',
    ]);
  });

  test('makes nothing public that never is', (t) => {
    for (const everybody of ['0.0.0.0/0', '::/0']) {
      const load = (port: number) => () =>
        relays(t, `firewall: {allow: [{port: ${port}, from: ["${everybody}"]}]}`);
      assert.deepEqual(problems(load(6379)), [
        'firewall.allow[0].from[0]: would make redis public, which is never done',
      ]);
      assert.deepEqual(problems(load(26656)), []);
    }
  });

  test('publishes what it opens to somebody, where there is a private address for it', (t) => {
    const opened = (port: number) => `firewall: {allow: [{port: ${port}, from: [192.0.2.1]}]}`;
    const { bindAddresses, host } = relays(t, opened(9092), HOSTS, '[]');
    assert.deepEqual(bindAddresses('miner', host('state')), ['127.0.0.1', '10.0.0.3']);
    assert.deepEqual(bindAddresses('miner', host('relay')), ['127.0.0.1']);
    assert.deepEqual(bindAddresses('relayer-metrics', host('relay')), ['127.0.0.1']);
    const off = relays(t, `${opened(9092).slice(0, -1)}, enabled: false}`, HOSTS, '[]');
    assert.deepEqual(off.bindAddresses('miner', off.host('state')), ['127.0.0.1']);
    const alone = HOSTS.replace(', private_address: 10.0.0.2', '');
    assert.deepEqual(
      problems(() => relays(t, opened(9090), alone, '[]')).filter((one) => one.includes('9090')),
      [
        'hosts.relay.private_address: missing: firewall.allow opens its port 9090 (relayer-metrics), which is published at private addresses only',
      ],
    );
    assert.deepEqual(
      problems(() => relays(t, opened(9100), HOSTS, '[]')),
      [],
    );
  });

  test('has the role on every host, also where it is switched off and has to go', (t) => {
    for (const enabled of [true, false]) {
      const { profile, hosts } = relays(t, `firewall: {enabled: ${enabled}}`);
      for (const { name } of hosts) assert.ok(rolesOf(profile, name).includes('firewall'));
    }
  });
});
