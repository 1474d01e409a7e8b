import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { certificateChecks } from '../../../lib/checks/certificates.ts';
import { neighbourChecks, reachVerdict } from '../../../lib/checks/neighbours.ts';
import { outsideChecks } from '../../../lib/checks/outside.ts';
import { answered, closedTo, type Dialled, doorsOf } from '../../../lib/checks/reach.ts';
import { CLOSED_PORTS } from '../../../lib/firewall/openings.ts';
import type { DialAnswer } from '../../../lib/probes/dial.ts';
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
      { host: 'state', address: '10.0.0.3', port: 6379, closed: true },
      { host: 'state', address: '2001:db8::3', port: 6379, closed: true },
      { host: 'relay', address: '10.0.0.2', port: 8080, closed: true },
    ];
    assert.equal(answered(doors), 'state answers at 6379; relay answers at 8080');
    const open = doors.map((door) => ({ door, answer: 'open' }) as const);
    assert.equal(reachVerdict(relays(t), open).verdict, 'fail');
    const off = relays(t, 'firewall: {enabled: false}');
    assert.equal(reachVerdict(off, open).verdict, 'warn');
  });

  test('without our firewall, data that a public address gives to this machine fails', (t) => {
    const off = relays(t, 'firewall: {enabled: false}');
    const of = (address: string, port: number, from?: 'this machine') =>
      reachVerdict(
        off,
        [{ door: { host: 'state', address, port, closed: true }, answer: 'open' }],
        from,
      );
    const given = of('203.0.113.3', 6379, 'this machine');
    assert.equal(given.verdict, 'fail');
    assert.equal(given.evidence, 'state answers at 6379; firewall.enabled is false in the profile');
    for (const port of [5432, 7233])
      assert.equal(of('2001:db8::3', port, 'this machine').verdict, 'fail');
    // What is measured is no data, and who is in the same network may be let in on purpose.
    assert.equal(of('203.0.113.3', 9100, 'this machine').verdict, 'warn');
    for (const address of ['10.0.0.3', '100.64.0.3', 'fd00::3', '127.0.0.1'])
      assert.equal(of(address, 6379, 'this machine').verdict, 'warn', address);
    assert.equal(of('203.0.113.3', 6379).verdict, 'warn');
  });

  test('a host has shown that its ports are closed only where something is heard of it', (t) => {
    const deployment = relays(t);
    const dialled = (address: string, ssh: DialAnswer, closed: DialAnswer): Dialled[] =>
      doorsOf(deployment.host('state'), address, [6379, 9090]).map((door) => ({
        door,
        answer: door.closed ? closed : ssh,
      }));
    const of = (...all: Dialled[][]) => {
      const { verdict, evidence } = reachVerdict(deployment, all.flat());
      return `${verdict}: ${evidence}`;
    };
    const silent = dialled('10.0.0.3', 'silent', 'silent');
    assert.equal(of(silent), 'skip: nothing is heard of state from here, not even at ssh');
    assert.equal(of(dialled('10.0.0.3', 'open', 'silent')), 'pass: 2 closed ports, none answers');
    assert.equal(
      of(dialled('10.0.0.3', 'silent', 'refused')),
      'pass: 2 closed ports, none answers',
    );
    // An address without a way to it tells nothing, and another one does.
    const other = dialled('2001:db8::3', 'refused', 'silent');
    assert.equal(of(silent, other), 'pass: 2 closed ports, none answers');
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
  /** No connection to an address of this kind ever leaves this machine. */
  const NOWHERE = '224.0.0.1';
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

  test('what is behind a jump host is skipped, and does not make its certificates fail', async (t) => {
    const deployment = relays(t, '', HERE.replace('127.0.0.1', NOWHERE));
    const context = { deployment, host: deployment.host('proxy'), secrets: NO_SECRETS };
    const checks = [...outsideChecks(context), ...certificateChecks(context)];
    assert.deepEqual(
      checks.map(({ id }) => id),
      ['exposure.outside', 'public.certificate-relays', 'public.tls-relays'],
    );
    for (const { verdict, evidence } of await Promise.all(checks.map((check) => check.ask()))) {
      assert.equal(verdict, 'skip');
      assert.match(evidence, /^nothing is heard of \S+ from here, not even at ssh$/);
    }
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
