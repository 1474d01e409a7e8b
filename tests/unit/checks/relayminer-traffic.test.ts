import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { total } from '../../../lib/checks/relayminer-fleet.ts';
import { askOne } from './ask.ts';

/** What is counted of a page of metrics. */
async function counted(t: TestContext, metrics: string): Promise<string> {
  const server = createServer((_, response) => response.end(metrics));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { evidence } = await askOne(total('published', (server.address() as AddressInfo).port));
  return evidence.trim();
}

test('relays are counted by the name that the release has for them, and by the one before', async (t) => {
  const release = `ha_transport_published_total{supplier_addr="a"} 3
ha_transport_published_total{supplier_addr="b"} 4
ha_transport_publish_errors_total 9
ha_relayer_relays_published_total{service_id="eth"} 100
`;
  assert.equal(await counted(t, release), 'published 7');
  assert.equal(
    await counted(t, release.replaceAll('transport_', 'transport_redis_')),
    'published 7',
  );
  assert.equal(await counted(t, 'ha_relayer_active_connections 1\n'), 'published 0');
});
