import type pg from 'pg';
import { FieldError, fetchJson, inspectChain, join } from './chain.ts';
import { type Context, readSettings } from './context.ts';
import { transaction } from './database.ts';
import type { StepName, StepValue } from './wizard-values.ts';

/** Default of MINIMUM_STAKE_BUFFER in uPOKT. */
const STAKE_BUFFER = 500_000_000;

/** Step 1, which the Middleman has as well. */
export async function saveBlockchain(
  context: Context,
  value: StepValue<'blockchain'>,
): Promise<unknown> {
  const facts = await inspectChain(
    value,
    Number(context.environment.MINIMUM_STAKE_BUFFER || STAKE_BUFFER),
  );
  const { chainId } = await readSettings(context);
  if (chainId && chainId !== facts.chainId) {
    throw new FieldError('pocketApiUrl', `the network is locked to ${chainId}`);
  }
  await context
    .database()
    .query(
      'UPDATE application_settings SET "pocketApiUrl" = $1, "pocketRpcUrl" = $2, "indexerApiUrl" = $3, "chainId" = $4, "minimumStake" = $5',
      [
        value.pocketApiUrl,
        value.pocketRpcUrl,
        value.indexerApiUrl,
        facts.chainId,
        facts.minimumStake,
      ],
    );
  return facts;
}

async function saveIdentity(context: Context, value: StepValue<'identity'>): Promise<void> {
  await context
    .database()
    .query(
      'UPDATE application_settings SET name = $1, "supportEmail" = $2, "rewardAddresses" = $3',
      [value.name, value.supportEmail ?? '', JSON.stringify(value.rewardAddresses)],
    );
}

/** Empties the later tables as well: they refer to what is replaced, and the wizard asks for them again. */
async function clear(client: pg.PoolClient, tables: string[]): Promise<void> {
  for (const table of tables) await client.query(`DELETE FROM ${table}`);
}

function saveRegions(context: Context, value: StepValue<'regions'>): Promise<void> {
  return transaction(context.database(), async (client) => {
    await clear(client, ['address_groups', 'relay_miners', 'regions']);
    for (const one of value) {
      await client.query('INSERT INTO regions VALUES ($1, $2)', [one.displayName, one.urlValue]);
    }
  });
}

function saveRelayMiners(context: Context, value: StepValue<'relay-miners'>): Promise<void> {
  return transaction(context.database(), async (client) => {
    await clear(client, ['address_groups', 'relay_miners']);
    for (const one of value) {
      const { rows } = await client.query(
        'SELECT "urlValue" FROM regions WHERE "displayName" = $1',
        [one.region],
      );
      if (rows.length === 0) throw new FieldError('region', `no region is called ${one.region}`);
      await client.query(
        'INSERT INTO relay_miners (name, identity, region, domain) VALUES ($1, $2, $3, $4)',
        [one.name, one.identity, rows[0].urlValue, one.domain],
      );
    }
  });
}

async function saveServices(context: Context, value: StepValue<'services'>): Promise<void> {
  const { pocketApiUrl } = await readSettings(context);
  await transaction(context.database(), async (client) => {
    await clear(client, ['address_groups', 'services']);
    for (const { serviceId, endpoints } of value) {
      const path = `/pokt-network/poktroll/service/service/${encodeURIComponent(serviceId)}`;
      const service = (await fetchJson(join(pocketApiUrl ?? '', path)))?.service;
      if (!service) throw new FieldError('serviceId', `service ${serviceId} is not on chain`);
      await client.query('INSERT INTO services VALUES ($1, $2, $3, $4, $5)', [
        serviceId,
        service.name,
        service.owner_address,
        Number(service.compute_units_per_relay),
        JSON.stringify(endpoints),
      ]);
    }
  });
}

async function insertGroup(
  client: pg.PoolClient,
  group: StepValue<'address-groups'>[number],
): Promise<void> {
  const miner = await client.query(
    'SELECT id FROM relay_miners WHERE name = $1 ORDER BY id LIMIT 1',
    [group.relayMiner],
  );
  if (miner.rowCount === 0)
    throw new FieldError('relayMiner', `no relay miner is called ${group.relayMiner}`);
  const { rows } = await client.query(
    'INSERT INTO address_groups (name, "relayMinerId", private, "linkedAddresses") VALUES ($1, $2, $3, $4) RETURNING id',
    [group.name, miner.rows[0].id, group.private, JSON.stringify(group.linkedAddresses)],
  );
  for (const { serviceId, supplierShare, revShare } of group.services) {
    const known = await client.query('SELECT 1 FROM services WHERE "serviceId" = $1', [serviceId]);
    if (known.rowCount === 0)
      throw new FieldError('serviceId', `service ${serviceId} was not selected in step 5`);
    await client.query('INSERT INTO address_group_services VALUES ($1, $2, $3, $4)', [
      rows[0].id,
      serviceId,
      supplierShare ?? null,
      JSON.stringify(revShare),
    ]);
  }
}

function saveGroups(context: Context, value: StepValue<'address-groups'>): Promise<void> {
  return transaction(context.database(), async (client) => {
    await clear(client, ['address_groups']);
    for (const group of value) await insertGroup(client, group);
  });
}

/** The list behind DELEGATORS_CDN_URL; empty when it cannot be had, as in the real wizard. */
export async function fetchDelegators(
  context: Context,
): Promise<{ name: string; identity: string }[]> {
  const { chainId } = await readSettings(context);
  const { DELEGATORS_CDN_URL, CHAIN_ID } = context.environment;
  const url = String(DELEGATORS_CDN_URL).replace('{chainId}', chainId ?? String(CHAIN_ID));
  const list = await fetchJson(url);
  return Array.isArray(list) ? list : [];
}

async function saveDelegators(
  context: Context,
  { enabled }: StepValue<'delegators'>,
): Promise<unknown> {
  const list = await fetchDelegators(context);
  if (list.length === 0) throw new FieldError('enabled', 'the list of delegators is empty');
  const stranger =
    enabled === 'all'
      ? undefined
      : enabled.find((key) => !list.some((one) => one.identity === key));
  if (stranger) throw new FieldError('enabled', `${stranger} is not in the list of delegators`);
  await transaction(context.database(), async (client) => {
    for (const { name, identity } of list) {
      await client.query(
        'INSERT INTO delegators VALUES ($1, $2, $3) ON CONFLICT (identity) DO UPDATE SET name = $2, enabled = $3',
        [identity, name, enabled === 'all' || enabled.includes(identity)],
      );
    }
  });
  return list;
}

async function finish(context: Context): Promise<void> {
  await context.database().query('UPDATE application_settings SET "isBootstrapped" = true');
}

/** What Next does in each step, after its values are validated. Each throws FieldError when it stays. */
export const SAVE: {
  [Name in StepName]: (context: Context, value: StepValue<Name>) => Promise<unknown>;
} = {
  blockchain: saveBlockchain,
  identity: saveIdentity,
  regions: saveRegions,
  'relay-miners': saveRelayMiners,
  services: saveServices,
  'address-groups': saveGroups,
  delegators: saveDelegators,
  notifications: async () => undefined,
  finish,
};

const DONE: [StepName, string][] = [
  [
    'blockchain',
    'SELECT 1 FROM application_settings WHERE "pocketRpcUrl" IS NOT NULL AND "chainId" IS NOT NULL',
  ],
  ['identity', 'SELECT 1 FROM application_settings WHERE name IS NOT NULL'],
  ['regions', 'SELECT 1 FROM regions'],
  ['relay-miners', 'SELECT 1 FROM relay_miners'],
  ['services', 'SELECT 1 FROM services'],
  ['address-groups', 'SELECT 1 FROM address_groups'],
  ['delegators', 'SELECT 1 FROM delegators'],
];

/** The first step that is not done yet; `finish` when nothing is missing. */
export async function nextStep(context: Context): Promise<StepName> {
  for (const [step, sql] of DONE) {
    if ((await context.database().query(sql)).rowCount === 0) return step;
  }
  return 'finish';
}
