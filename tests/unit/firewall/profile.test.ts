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
    const load = (port: number) => () =>
      relays(t, `firewall: {allow: [{port: ${port}, from: ["::/0"]}]}`);
    assert.deepEqual(problems(load(6379)), [
      'firewall.allow[0].from[0]: would make redis public, which is never done',
    ]);
    assert.deepEqual(problems(load(26656)), []);
  });

  test('has the role on every host, also where it is switched off and has to go', (t) => {
    for (const enabled of [true, false]) {
      const { profile, hosts } = relays(t, `firewall: {enabled: ${enabled}}`);
      for (const { name } of hosts) assert.ok(rolesOf(profile, name).includes('firewall'));
    }
  });
});
