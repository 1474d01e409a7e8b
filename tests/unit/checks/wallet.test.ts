import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { stringify } from 'yaml';
import type { CheckContext } from '../../../lib/checks/context.ts';
import { endpointsElsewhere } from '../../../lib/checks/staked-endpoints.ts';
import { stakedIn, stakeIds, walletChecks } from '../../../lib/checks/wallet.ts';
import { generatePrivateKey } from '../../../lib/secrets/keys.ts';
import { loadSecrets, type SupplierKey } from '../../../lib/secrets/secrets.ts';
import type { Check, ProbeResult } from '../../../lib/validation/check.ts';
import { pass } from '../../../lib/validation/verdict.ts';
import { startChain } from '../standins/harness.ts';
import { ask } from './ask.ts';
import { labContext, NOTHING } from './deployment.ts';

/** The lab's deployment with so many suppliers, and what a chain would tell where all is well. */
function withSuppliers(count: number): { context: CheckContext; keys: SupplierKey[] } {
  const context = labContext();
  const file = context.deployment.profile.relayminer!.keys_file!.replace(/^file:/, '');
  writeFileSync(file, stringify({ keys: Array.from({ length: count }, generatePrivateKey) }));
  const secrets = loadSecrets(context.deployment, { create: true });
  return { context: { ...context, secrets }, keys: secrets.supplierKeys };
}

const account = ({ address, publicKey }: SupplierKey, upokt = '10000000', signed = true) =>
  `${address}:${upokt}:${signed ? publicKey : ''}`;

/** What the report says to stake with, for the lab's one service and backend. */
const ENDPOINTS = 'anvil=JSON_RPC=https://relay.lab.internal';

/** What is found out with a chain that knows these accounts and suppliers. */
async function found(
  { context }: { context: CheckContext },
  accounts: readonly string[],
  suppliers: readonly string[],
  endpoints = ENDPOINTS,
): Promise<Record<string, string>> {
  const chain = await startChain({
    CHAIN_ID: 'pocket-lego-testnet',
    ACCOUNTS: accounts.join(','),
    STAKED_SUPPLIERS: suppliers.join(','),
    STAKED_ENDPOINTS: endpoints,
  });
  return askedAt(context, chain.grpcAddress);
}

async function askedAt(context: CheckContext, grpcAddress: string) {
  const network = { ...context.deployment.network, grpcAddress, grpcInsecure: true };
  const checks = walletChecks({ ...context, deployment: { ...context.deployment, network } });
  return Object.fromEntries(
    Object.values(await ask(checks)).map(({ id, verdict, evidence }) => [
      id.replace('wallet.', ''),
      `${verdict}: ${evidence}`,
    ]),
  );
}

test('suppliers that are funded, known and staked for what is served pass', async () => {
  const scene = withSuppliers(2);
  const all = await found(
    scene,
    scene.keys.map((key) => account(key)),
    scene.keys.map(({ address }) => `${address}:anvil`),
  );
  assert.deepEqual(all, {
    account: 'pass: all 2 exist',
    'public-key': 'pass: all 2 have their public key on chain',
    balance: 'pass: all 2 have 1 POKT and more',
    stake: 'pass: all 2 are staked',
    services: 'pass: all 2 are staked for what is served here',
    endpoints: 'pass: all 2 have a backend here for each transport, at relay.lab.internal',
  });
});

test('a supplier of whom the chain never heard is six warnings, and no failure', async () => {
  const scene = withSuppliers(1);
  const { address } = scene.keys[0]!;
  assert.deepEqual(await found(scene, [], []), {
    account: `warn: ${address} does not exist: nobody ever sent it anything`,
    'public-key': `warn: ${address} never signed a transaction`,
    balance: `warn: ${address} has 0 POKT (wanted: 1 and more)`,
    stake: `warn: ${address} is not staked`,
    services: `warn: ${address} is not staked for any`,
    endpoints: `warn: ${address} is not staked for any`,
  });
});

test('each trouble is told of the supplier that has it, and of no other', async () => {
  const scene = withSuppliers(5);
  const [fresh, poor, leaving, small, other] = scene.keys as [
    SupplierKey,
    SupplierKey,
    SupplierKey,
    SupplierKey,
    SupplierKey,
  ];
  const all = await found(
    scene,
    [
      account(fresh, '10000000', false),
      account(poor, '999999'),
      account(leaving),
      account(small),
      `${other.address}:1000000:${fresh.publicKey}`,
    ],
    [
      `${fresh.address}:anvil`,
      `${poor.address}:anvil`,
      `${leaving.address}:anvil:59500000000:912345`,
      `${small.address}:anvil+eth:59499999999`,
      `${other.address}:eth`,
    ],
  );
  assert.deepEqual(all, {
    account: 'pass: all 5 exist',
    'public-key': `warn: ${fresh.address} never signed a transaction; ${other.address} has another public key on chain`,
    balance: `warn: ${poor.address} has 0.999999 POKT (wanted: 1 and more)`,
    stake: `warn: ${leaving.address} is unstaking, until block 912345; ${small.address} has 59499.999999 POKT at stake, below the least of 59500`,
    services: `warn: ${small.address} is staked for eth, not served here; ${other.address} is not staked for anvil and is staked for eth, not served here`,
    endpoints: [small, other]
      .map(
        ({ address }) =>
          `${address} is staked for eth over JSON_RPC at https://supplier.standin.invalid (no backend here)`,
      )
      .join('; ')
      .replace(/^/, 'warn: '),
  });
});

test('an endpoint at another host or port, or without a backend, is told with what was staked', async () => {
  const scene = withSuppliers(1);
  const { address } = scene.keys[0]!;
  const told = async (...endpoints: string[]) => {
    const staked = endpoints.map((one) => `anvil=${one}`).join(',');
    return (await found(scene, [], [`${address}:anvil`], staked)).endpoints;
  };
  assert.equal(
    await told('JSON_RPC=https://old.nodes.net', 'WEBSOCKET=wss://relay.lab.internal'),
    `warn: ${address} is staked for anvil over JSON_RPC at https://old.nodes.net (wanted: https://relay.lab.internal), anvil over WEBSOCKET at wss://relay.lab.internal (no backend here)`,
  );
  for (const elsewhere of ['https://relay.lab.internal:8443', 'http://relay.lab.internal'])
    assert.match(
      (await told(`JSON_RPC=${elsewhere}`))!,
      /\(wanted: https:\/\/relay\.lab\.internal\)$/,
    );
  for (const same of ['https://RELAY.lab.internal:443/', 'https://relay.lab.internal/v1'])
    assert.match((await told(`JSON_RPC=${same}`))!, /^pass/, same);
  const five = [1, 2, 3, 4, 5].map((one) => `JSON_RPC=https://n${one}.nodes.net`);
  assert.match((await told(...five))!, /https:\/\/n3\.nodes\.net \([^)]*\), 2 more$/);
});

test('without a public name for relays only backends are looked at', async () => {
  const scene = withSuppliers(1);
  const { address } = scene.keys[0]!;
  const { deployment } = scene.context;
  const { relay_public_domain: _, ...profile } = deployment.profile;
  const context = { ...scene.context, deployment: { ...deployment, profile } };
  const told = async (endpoints: string) =>
    (await found({ context }, [], [`${address}:anvil`], endpoints)).endpoints;
  assert.equal(
    await told('anvil=JSON_RPC=https://any.net'),
    'pass: all 1 have a backend here for each transport',
  );
  assert.match((await told('anvil=GRPC=https://any.net'))!, /^warn: .* \(no backend here\)$/);
});

test('what the chain has that is no URL, and a transport of tomorrow, are told as they are', () => {
  const { profile } = labContext().deployment;
  const told = (url: string, rpcType: number) =>
    endpointsElsewhere([{ id: 'anvil', endpoints: [{ url, rpcType }] }], profile);
  assert.deepEqual(told('relay.lab\x1b.internal', 3), [
    'anvil over JSON_RPC at relay.lab .internal (wanted: https://relay.lab.internal)',
  ]);
  assert.deepEqual(told('https://relay.lab.internal', 9), [
    'anvil over RPC type 9 at https://relay.lab.internal (no backend here)',
  ]);
});

test('a hundred suppliers are asked for in two goes, and few of them named', async () => {
  const scene = withSuppliers(100);
  const all = await found(
    scene,
    scene.keys.map((key) => account(key)),
    scene.keys.map(({ address }, index) => (index === 99 ? '' : `${address}:anvil`)),
  );
  assert.equal(all.account, 'pass: all 50 exist');
  assert.equal(all.stake, 'pass: all 50 are staked');
  assert.equal(all['account-2'], 'pass: all 50 exist');
  assert.equal(all['stake-2'], `warn: ${scene.keys[99]!.address} is not staked`);
  const none = await found(scene, [], []);
  assert.match(none.account!, /^warn: (pokt1\w+ does not exist[^;]*; ){3}and 47 more$/);
});

test('how many are staked and stay is read from the same answers, unless one is missing', async () => {
  const { context, keys } = withSuppliers(52);
  const [leaving, ...staying] = keys.slice(0, 51).map(({ address }) => address);
  const chain = await startChain({
    CHAIN_ID: 'pocket-lego-testnet',
    STAKED_SUPPLIERS: [`${leaving}:anvil:59500000000:912345`, ...staying].join(','),
  });
  const network = {
    ...context.deployment.network,
    ...{ grpcAddress: chain.grpcAddress, grpcInsecure: true },
  };
  const results: ProbeResult[] = [];
  const checks = walletChecks({ ...context, deployment: { ...context.deployment, network } })
    .filter(({ id }) => stakeIds(keys.length).includes(id))
    .map((check): Check => ({ ...check, judge: (result) => pass(String(results.push(result))) }));
  await ask(checks);
  assert.equal(results.length, 2);
  assert.equal(stakedIn(results, keys.length), 50);
  assert.equal(stakedIn(results.slice(0, 1), keys.length), undefined);
  assert.equal(stakedIn([], keys.length), undefined);
  const silent = { ...results[1]!, ran: false, output: '' };
  assert.equal(stakedIn([results[0]!, silent], keys.length), undefined);
});

test('a chain that does not answer is skipped, since chain.grpc tells of it', async () => {
  const { context } = withSuppliers(1);
  const all = await askedAt(context, NOTHING);
  assert.equal(Object.keys(all).length, 6);
  for (const told of Object.values(all))
    assert.equal(told, 'skip: the chain’s gRPC does not tell: 1 of 1 could not be told');
});

test('no private key is in what is sent to the host', () => {
  const { context, keys } = withSuppliers(3);
  const text = walletChecks(context)
    .map(({ probe }) => probe.text)
    .join('\n');
  assert.ok(text.includes('/cosmos.auth.v1beta1.Query/Account'));
  for (const { privateKey } of keys) {
    assert.ok(!text.includes(privateKey.reveal()));
    assert.ok(!text.includes(Buffer.from(privateKey.reveal(), 'hex').toString('base64')));
  }
});
