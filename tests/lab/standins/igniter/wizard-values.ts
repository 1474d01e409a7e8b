/** What each step of the setup wizard accepts (pokt-network/igniter, apps/provider setup stepper, v0.9). */
import { z } from 'zod';

/** A list in which no two items have the same key. */
function distinct<Item extends z.ZodType>(
  item: Item,
  key: (item: z.output<Item>) => unknown,
  message: string,
) {
  return z.array(item).refine((items) => new Set(items.map(key)).size === items.length, message);
}

const url = z.url({ protocol: /^https?$/ });
const share = z.int().min(1).max(100);
const poktAddress = z.string().regex(/^pokt[a-zA-Z0-9]{39,42}$/);

const shares = {
  supplierShare: share.nullish(),
  revShare: distinct(
    z.object({ address: poktAddress.or(z.literal('{of}')), share }),
    (one) => one.address,
    'addresses must be unique',
  ).default([]),
};

/**
 * A URL is free text that nobody checks, and an empty one becomes the template: for GRPC one that can be saved here and is
 * refused by the chain later (packages/domain/src/provider/utils/suppliers.ts, v0.9).
 */
const RPC_SCHEMES = { JSON_RPC: 'https', GRPC: 'grpcs', WEBSOCKET: 'wss', REST: 'https' } as const;

const endpoint = z
  .object({
    rpcType: z.enum(['JSON_RPC', 'GRPC', 'WEBSOCKET', 'REST']),
    url: z.string().optional(),
  })
  .transform(({ rpcType, url: given }) => ({
    rpcType,
    url: given || `${RPC_SCHEMES[rpcType]}://{region}-{rm}-{sid}-{protocol}.{domain}`,
  }));

const rewardAddresses = z
  .string()
  .transform((list) => list.split(/[\s,]+/).filter((one) => one !== ''))
  .pipe(z.array(z.string().regex(/^pokt1[a-z0-9]{38,43}$/)))
  .default([]);

const region = z.strictObject({
  displayName: z.string().min(1).max(20),
  urlValue: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .max(20),
});

const relayMiner = z.strictObject({
  name: z.string().min(1).max(255),
  identity: z
    .string()
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
    .max(66),
  region: z.string(),
  domain: z.string().regex(/^(?!:\/\/)([a-zA-Z0-9-_]+(\.[a-zA-Z0-9-_]+)+.*)$/),
});

const service = z.strictObject({
  serviceId: z.string().min(1),
  endpoints: z.array(endpoint).min(1),
});

const groupService = z
  .strictObject({ serviceId: z.string(), ...shares })
  .refine(
    (one) => one.revShare.reduce((sum, { share }) => sum + share, one.supplierShare ?? 0) <= 100,
    'the sum of all shares exceeds 100',
  );

const addressGroup = z.strictObject({
  name: z.string().min(1),
  relayMiner: z.string(),
  private: z.boolean().default(false),
  linkedAddresses: distinct(poktAddress, (one) => one, 'addresses must be unique').default([]),
  services: distinct(groupService, (one) => one.serviceId, 'services must be unique').min(1),
});

/** Schemas of the request bodies by step, in the wizard's order. */
export const STEPS = {
  blockchain: z.strictObject({ pocketApiUrl: url, pocketRpcUrl: url, indexerApiUrl: url }),
  identity: z.strictObject({
    name: z.string().min(1).max(255),
    supportEmail: z.email().or(z.literal('')).optional(),
    rewardAddresses,
  }),
  regions: distinct(region, (one) => one.displayName, 'display names must be unique')
    .min(1)
    .refine(
      (all) => new Set(all.map((one) => one.urlValue)).size === all.length,
      'URL values must be unique',
    ),
  'relay-miners': distinct(
    relayMiner,
    (one) => `${one.region}/${one.identity}`,
    'identity and region must be unique together',
  ).min(1),
  services: distinct(service, (one) => one.serviceId, 'services must be unique').min(1),
  'address-groups': distinct(addressGroup, (one) => one.name, 'names must be unique').min(1),
  delegators: z.strictObject({ enabled: z.array(z.string()).or(z.literal('all')) }),
  notifications: z.strictObject({}),
  finish: z.strictObject({}),
};

/** Name of a wizard step. */
export type StepName = keyof typeof STEPS;

/** The validated body of a step. */
export type StepValue<Name extends StepName> = z.output<(typeof STEPS)[Name]>;
