import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainServiceChecks } from '../../../lib/checks/chain-services.ts';
import type { CheckContext } from '../../../lib/checks/context.ts';
import { grpcServer } from '../../lab/standins/shared/grpc.ts';
import { bytes, nested } from '../../lab/standins/shared/protobuf.ts';
import { startChain } from '../standins/harness.ts';
import { ask } from './ask.ts';
import { labContext, NOTHING } from './deployment.ts';

/** The lab's deployment that serves these services and asks a chain here. */
function serving(ids: readonly string[], grpcAddress: string): CheckContext {
  const context = labContext({ network: { grpcAddress, grpcInsecure: true } });
  const { deployment } = context;
  const { anvil } = deployment.profile.relayminer!.services;
  const services = Object.fromEntries(ids.map((id) => [id, anvil!]));
  const relayminer = { ...deployment.profile.relayminer!, services };
  const profile = { ...deployment.profile, relayminer };
  return { ...context, deployment: { ...deployment, profile } };
}

async function found(ids: readonly string[], grpcAddress: string): Promise<string | undefined> {
  const { 'chain.services': told } = await ask(chainServiceChecks(serving(ids, grpcAddress)));
  return told && `${told.verdict}: ${told.evidence}`;
}

test('services that the chain has pass, and each that it has not is named', async () => {
  const { grpcAddress } = await startChain({ CHAIN_ID: 'pocket-lego-testnet' });
  const has = (...ids: string[]) => found(ids, grpcAddress);
  assert.equal(await has('anvil', 'eth', 'poly'), 'pass: it has all 3');
  assert.equal(await has('anvil', 'nowhere'), 'fail: the chain has no nowhere');
  assert.equal(await has('Eth'), 'fail: the chain has no Eth', 'capitals count');
  assert.equal(
    await has('polygon', 'eth', 'nowhere', 'zksync_era'),
    'fail: the chain has no polygon (poly on main), nowhere, zksync_era (zksync-era on main)',
  );
});

test('without services there is nothing to ask, and of several hosts one asks', async () => {
  const { grpcAddress } = await startChain({ CHAIN_ID: 'pocket-lego-testnet' });
  assert.equal(await found([], grpcAddress), undefined);
  const context = serving(['anvil'], grpcAddress);
  const other = { ...context.host, name: 'another' };
  assert.deepEqual(chainServiceChecks({ ...context, host: other }), []);
});

test('a chain that does not answer is skipped, since chain.grpc tells of it', async () => {
  assert.equal(
    await found(['anvil', 'eth'], NOTHING),
    'skip: the chain’s gRPC does not tell: 2 of 2 could not be told',
  );
});

test('what is told of many services fits, however long the chain’s cards of them are', async (t) => {
  const noise = Buffer.from(Array.from({ length: 100_000 }, () => Math.random() * 256));
  const answer = nested(1, bytes(5, noise));
  const server = grpcServer(new Map([['/pocket.service.Query/Service', () => answer]]));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const ids = Array.from({ length: 60 }, (_, index) => `service-${index}`);
  assert.equal(await found(ids, `127.0.0.1:${port}`), 'pass: it has all 60');
});
