import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf } from '../../../lib/run/deploy.ts';
import { roles } from '../../../scripts/deploy.mjs';
import { relays } from '../firewall/deployments.ts';

test('what has to be confirmed waits for no other role, whatever the order says', (t) => {
  const deployment = relays(
    t,
    `order: [common, [install-docker, firewall], images, redis, relayminer, reverse-proxy, [exporters, monitoring]]`,
  );
  const parts = partsOf(deployment, roles, [deployment.host('relay')]);
  assert.deepEqual(
    parts.slice(0, 3).map((part) => part.roles.map(({ name }) => name)),
    [['common'], ['firewall'], ['install-docker']],
  );
});

test('what rolls is a part of its own, so that no host is out of service for the sake of other roles', (t) => {
  const deployment = relays(
    t,
    'order: [common, firewall, install-docker, images, redis, [relayminer, exporters, monitoring], reverse-proxy]',
  );
  const afterImages = (host: string) =>
    partsOf(deployment, roles, [deployment.host(host)])
      .slice(4)
      .map((part) => part.roles.map(({ name }) => name));
  assert.deepEqual(afterImages('relay'), [['exporters'], ['relayminer']]);
  assert.deepEqual(afterImages('state'), [['redis'], ['exporters', 'monitoring'], ['relayminer']]);
  assert.deepEqual(afterImages('proxy'), [['exporters'], ['reverse-proxy']]);
});
