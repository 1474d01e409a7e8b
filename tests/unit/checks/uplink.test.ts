import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preflightChecks } from '../../../lib/checks/preflight.ts';
import { skip } from '../engine/run.ts';
import { ask } from './ask.ts';
import { labContext } from './deployment.ts';
import { OWN_NETWORK } from './local.ts';

/** What a deploy of the firewall is told on a host whose way to the internet is a bridge of this name. */
async function uplink(name: string) {
  const words = OWN_NETWORK.map((word) =>
    word.replace(
      '&&',
      `&& ip link add ${name} type bridge && ip address add 192.0.2.2/24 dev ${name} && ip link set ${name} up && ip route add default via 192.0.2.1 &&`,
    ),
  );
  const checks = preflightChecks(labContext(), ['firewall']);
  return (
    await ask(
      checks.filter(({ id }) => id === 'host.uplink'),
      { words },
    )
  )['host.uplink']!;
}

test('a bridge with the name of a container network keeps the firewall from being set up', {
  skip,
}, async () => {
  const { verdict, evidence, fix } = await uplink('br-lan');
  assert.equal(verdict, 'fail');
  assert.match(evidence, /^br-lan is the way to the internet/);
  assert.match(fix, /another name, such as br0/);
});

test('another bridge does not', { skip }, async () => {
  assert.equal((await uplink('br0')).verdict, 'pass');
});
