import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import { recordsOf } from '../../../lib/checks/dns.ts';
import { ownDns } from '../../validation/dns.ts';

test('the DNS of the validation’s tests has A and AAAA records', async (t) => {
  const records = await ownDns(t);
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([process.env.VALIDATION_DNS!]);
  records.set('a.nodes.net', ['203.0.113.7', '2001:db8::7', '::1']);
  records.set('b.nodes.net', ['2001:db8:1:2:3:4:5:6']);
  assert.deepEqual(await recordsOf('a.nodes.net', resolver), ['203.0.113.7', '2001:db8::7', '::1']);
  assert.deepEqual(await recordsOf('b.nodes.net', resolver), ['2001:db8:1:2:3:4:5:6']);
  assert.deepEqual(await recordsOf('c.nodes.net', resolver), []);
});
