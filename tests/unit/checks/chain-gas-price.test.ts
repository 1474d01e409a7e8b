import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gasPriceChecks } from '../../../lib/checks/chain-gas-price.ts';
import { startChain } from '../standins/harness.ts';
import { ask } from './ask.ts';
import { labContext, NOTHING } from './deployment.ts';

/** What is found at a node, with a miner that pays this. */
async function found(grpcAddress: string, gasPrice = '0.000001upokt') {
  const context = labContext({ network: { grpcAddress, grpcInsecure: true } });
  context.deployment.profile.relayminer!.gas_price = gasPrice;
  const told = (await ask(gasPriceChecks(context)))['chain.gas-price']!;
  return `${told.verdict}: ${told.evidence}`;
}

/** The same with a node that asks for this. */
async function asked(least: string, gasPrice?: string) {
  const chain = await startChain({ CHAIN_ID: 'pocket', MINIMUM_GAS_PRICES: least });
  return found(chain.grpcAddress, gasPrice);
}

test('a miner pays what a node asks for, or more, to the last decimal place', async () => {
  assert.equal(
    await asked('0.000001upokt'),
    'pass: it asks for 0.000001upokt or more; the miner pays 0.000001upokt',
  );
  assert.match(await asked('1upokt', '10upokt'), /^pass: it asks for 1upokt or more/);
  assert.match(await asked('10.5upokt', '10.50upokt'), /^pass: it asks for 10\.5upokt/);
  const place = `0.${'0'.repeat(17)}2upokt`;
  assert.match(await asked(place, place), /^pass/);
  assert.match(await asked(place, place.replace('2', '1')), /^fail/);
});

test('a miner that pays less fails, as with the price that pocketd init sets', async () => {
  assert.equal(
    await asked('1upokt'),
    'fail: it asks for 1upokt or more; the miner pays 0.000001upokt',
  );
  assert.match(await asked('0.00001upokt', '0.000009upokt'), /^fail/);
  assert.match(await asked('9upokt', '10upokt'), /^pass/, 'numbers, not words');
});

test('of several denominations ours counts, and one that we never pay is no use', async () => {
  assert.match(
    await asked('0.5mact,0.000001upokt'),
    /^pass: it asks for 0\.000001upokt or more; the miner/,
  );
  assert.match(await asked('0.5mact'), /^fail: it asks for 0\.50*mact or more; the miner pays/);
  assert.match(await asked('0.5upoktx'), /^fail/);
});

test('a node that asks for nothing takes any price', async () => {
  for (const nothing of ['', '0upokt'])
    assert.equal(
      await asked(nothing, '0upokt'),
      'pass: it asks for no least price; the miner pays 0upokt',
    );
});

test('a node that does not tell is skipped, since chain.grpc tells of it', async () => {
  const skipped = 'skip: the chain’s gRPC does not tell the node’s least gas price';
  assert.equal(await found(NOTHING), skipped);
  const { rpcUrl } = await startChain({ CHAIN_ID: 'pocket' });
  assert.equal(await found(new URL(rpcUrl).host), skipped);
});
