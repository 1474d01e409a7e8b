import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { wizardChecks } from '../../../lib/checks/chain-wizard.ts';
import { startChain } from '../standins/harness.ts';
import { ask } from './ask.ts';
import { type Changes, labContext, NOTHING } from './deployment.ts';

const found = async (network: Changes['network']) =>
  Object.fromEntries(
    Object.values(await ask(wizardChecks(labContext({ network })))).map(
      ({ id, verdict, evidence }) => [id.replace('chain.', ''), `${verdict}: ${evidence}`],
    ),
  );

/** What is found at a server that answers everything with this. */
async function at(status: number, body: string) {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const told = await found({ apiUrl: url, indexerUrl: url });
  server.close();
  return told;
}

test('REST and an indexer of the profile’s chain answer what the wizard asks', async () => {
  const { apiUrl, registryUrl } = await startChain({ CHAIN_ID: 'pocket-lego-testnet' });
  assert.deepEqual(await found({ apiUrl, indexerUrl: registryUrl }), {
    'supplier-parameters': 'pass: 59500 POKT or more',
    indexer: 'pass: pocket-lego-testnet',
  });
});

test('an indexer of another chain fails, and so does REST that keeps the path back', async () => {
  const chain = await startChain({ CHAIN_ID: 'pocket', COSMOS_REST_ONLY: 'true' });
  const told = await found({ apiUrl: chain.apiUrl, indexerUrl: chain.registryUrl });
  assert.equal(told.indexer, 'fail: it indexes pocket; wanted: pocket-lego-testnet');
  assert.match(told['supplier-parameters']!, /^fail: HTTP 501 .*Not Implemented/);
});

test('what is no indexer and no Pocket API fails, whatever its status', async () => {
  for (const status of [404, 301, 500])
    for (const told of Object.values(await at(status, 'moved')))
      assert.equal(told, `fail: HTTP ${status} moved`);
  const cases: [body: string, indexer: RegExp, parameters: RegExp][] = [
    ['<html>', /^fail: .*not JSON/, /^fail: .*not JSON/],
    ['{}', /^fail: it answers, but tells no chain id: \{\}$/, /^fail: it answers, but tells no/],
    ['null', /^fail: /, /^fail: /],
    ['{"data":null,"errors":[{"message":"no such field"}]}', /no such field/, /^fail: /],
    ['{"data":{"_metadata":{"chain":"pocket-lego-testnet"}}}', /^fail: it answers, but/, /^fail: /],
    [
      '{"params":{"min_stake":{"denom":"upokt","amount":"much"}}}',
      /^fail: /,
      /tells no least stake/,
    ],
  ];
  for (const [body, indexer, parameters] of cases) {
    const told = await at(200, body);
    assert.match(told.indexer!, indexer, body);
    assert.match(told['supplier-parameters']!, parameters, body);
  }
  for (const told of Object.values(await found({ indexerUrl: `http://${NOTHING}` })))
    assert.match(told, /^fail: no answer/);
});

test('only hosts with a wizard ask, and an indexer only where there is one', async () => {
  const { indexerUrl: _, ...network } = labContext().deployment.network;
  const context = labContext();
  const without = { ...context, deployment: { ...context.deployment, network } };
  assert.deepEqual(
    wizardChecks(without).map(({ id }) => id),
    ['chain.supplier-parameters'],
  );
  assert.deepEqual(wizardChecks({ ...context, host: { ...context.host, name: 'another' } }), []);
});
