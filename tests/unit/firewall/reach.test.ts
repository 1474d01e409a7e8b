import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { neighbourChecks, reachVerdict } from '../../../lib/checks/neighbours.ts';
import { outsideChecks } from '../../../lib/checks/outside.ts';
import { answered, closedTo } from '../../../lib/checks/reach.ts';
import { CLOSED_PORTS } from '../../../lib/firewall/openings.ts';
import type { Secrets } from '../../../lib/secrets/secrets.ts';
import { ask } from '../../../lib/validation/ask.ts';
import type { ProbeResult } from '../../../lib/validation/check.ts';
import { localShell } from '../checks/local.ts';
import { relays } from './deployments.ts';

const NO_SECRETS = { named: () => [], mask: (text: string) => text } as unknown as Secrets;

describe('what is closed to whom', () => {
  test('is everything in the list but what the connections say', (t) => {
    const deployment = relays(t, 'firewall: {allow: [{port: 9092, from: [203.0.113.0/24]}]}');
    const open = (from: string | undefined, to: string) => {
      const host = from === undefined ? undefined : deployment.host(from);
      const closed = closedTo(host, deployment, deployment.host(to));
      return CLOSED_PORTS.filter((port) => !closed.includes(port));
    };
    assert.deepEqual(open('proxy', 'relay'), [8080, 8081, 9092]);
    assert.deepEqual(open('relay', 'state'), [6379, 9090, 26657]);
    assert.deepEqual(open('proxy', 'state'), [9092]);
    assert.deepEqual(open('relay', 'proxy'), [80, 443]);
    assert.deepEqual(open('state', 'proxy'), [80, 443, 9100]);
    // Nobody knows as whom this machine is seen, so that it may be one that is let in.
    assert.deepEqual(open(undefined, 'proxy'), [80, 443, 9092]);
    assert.deepEqual(open(undefined, 'state'), [9092]);
  });

  test('what answers is told by host, and fails unless the firewall is switched off', (t) => {
    const doors = [
      { host: 'state', address: '10.0.0.3', port: 6379 },
      { host: 'state', address: '2001:db8::3', port: 6379 },
      { host: 'relay', address: '10.0.0.2', port: 8080 },
    ];
    assert.equal(answered(doors), 'state answers at 6379; relay answers at 8080');
    assert.equal(reachVerdict(relays(t), doors, 9).verdict, 'fail');
    assert.equal(reachVerdict(relays(t), [], 9).verdict, 'pass');
    const off = relays(t, 'firewall: {enabled: false}');
    assert.equal(reachVerdict(off, doors, 9).verdict, 'warn');
  });
});

describe('dialling', () => {
  /** Something that listens at loopback, at a port in the list that is free here. */
  async function listener(t: import('node:test').TestContext): Promise<number> {
    for (const port of [26656, 9115, 1317, 26657]) {
      const server = createServer((socket) => socket.destroy());
      const listening = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => resolve(true));
      });
      t.after(() => server.close());
      if (listening) return port;
    }
    throw new Error('every port of the list is taken on this machine');
  }
  const HERE = `
  proxy: {address: 127.0.0.1, private_address: 10.0.0.1}
  relay: {address: 203.0.113.2, private_address: 10.0.0.2}
  state: {address: 203.0.113.3, private_address: 10.0.0.3}`;

  test('this machine finds what listens on a host', async (t) => {
    const port = await listener(t);
    const deployment = relays(t, '', HERE);
    const context = { deployment, host: deployment.host('proxy'), secrets: NO_SECRETS };
    const [check] = outsideChecks(context);
    const { verdict, evidence } = await check!.ask();
    assert.equal(verdict, 'fail');
    assert.match(evidence, new RegExp(`^proxy answers at (\\d+, )*${port}\\b`));
  });

  test('an alias that ssh alone knows is skipped', async (t) => {
    const deployment = relays(t, '', HERE.replace('127.0.0.1', 'no-such-alias'));
    const context = { deployment, host: deployment.host('proxy'), secrets: NO_SECRETS };
    const { verdict, evidence } = await outsideChecks(context)[0]!.ask();
    assert.deepEqual([verdict, evidence], ['skip', 'no-such-alias cannot be looked up from here']);
  });

  test('a host finds what listens on its neighbour, and does not wait for who never answers', async (t) => {
    const port = await listener(t);
    const deployment = relays(t, '', HERE);
    const context = { deployment, host: deployment.host('relay'), secrets: NO_SECRETS };
    const [check] = neighbourChecks(context);
    const results: ProbeResult[] = [];
    const began = Date.now();
    await ask(localShell(), 'a test', [check!], NO_SECRETS, (_, result) => results.push(result));
    assert.ok(Date.now() - began < 20_000);
    assert.equal(results.length, 1);
    const { verdict, evidence } = check!.judge(results[0]!);
    assert.equal(verdict, 'fail', results[0]!.errors);
    assert.match(evidence, new RegExp(`proxy answers at (\\d+, )*${port}\\b`));
  });

  test('a probe that ended early has not shown that nothing answers', (t) => {
    const deployment = relays(t);
    const context = { deployment, host: deployment.host('relay'), secrets: NO_SECRETS };
    const early = { ran: true, status: 0, output: '', errors: '', milliseconds: 1 };
    assert.equal(neighbourChecks(context)[0]!.judge(early).verdict, 'fail');
  });
});
