import { z } from 'zod';
import { isPoktAddress } from '../bech32.ts';
import { count, email, httpUrl, oneOf } from './fields.ts';

/** The two applications of Igniter. */

const ownerIdentity = (whose: string) =>
  z
    .string({ error: 'the pokt1… address of the wallet that will sign in as owner' })
    .refine(isPoktAddress, {
      error: 'a pokt1… address of 43 characters with a valid checksum: copy it from the wallet',
    })
    .describe(`The address of the browser wallet that owns this ${whose}. Only its owner signs.`);

const logLevel = (whose: string) =>
  oneOf(['trace', 'debug', 'info', 'warning', 'error', 'fatal'])
    .default('info')
    .describe(`How much the ${whose} logs.`);

export const provider = z.strictObject({
  owner_identity: ownerIdentity('Provider'),
  owner_email: email().describe('Where the network reaches the owner.'),
  auth_url: httpUrl()
    .refine((url) => !url.endsWith('/'), { error: 'a URL without a slash at its end' })
    .optional()
    .describe(
      'The URL typed into the browser to open the portal, to the letter. Default: https:// and provider_domain; without it, http://localhost:3001, for a tunnel.',
    ),
  delegators_url: httpUrl()
    .optional()
    .describe('The list of delegators; {chainId} in it is replaced. Default: the network’s own.'),
  minimum_stake_buffer_upokt: count(0, Number.MAX_SAFE_INTEGER)
    .default(500_000_000)
    .describe('Kept above the minimum stake, in uPOKT; the same at Provider and Middleman.'),
  log_level: logLevel('Provider'),
});

export const middleman = z.strictObject({
  owner_identity: ownerIdentity('Middleman'),
  owner_email: email().describe('Where the network reaches the owner.'),
  providers_url: httpUrl()
    .optional()
    .describe('The list of Providers; {chainId} in it is replaced. Default: the network’s own.'),
  log_level: logLevel('Middleman'),
});
