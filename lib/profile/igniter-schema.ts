import * as z from 'zod';
import { isPoktAddress } from '../bech32.ts';
import { count, email, filePath, hostOrRange, httpUrl, oneOf, text } from './fields.ts';
import { DEFAULT_POCKETD } from './pocketd-releases.ts';

/** The two applications of Igniter, and the command line of the network. */

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

/** What Provider and Middleman keep above the minimum stake unless the profile says otherwise, in uPOKT. */
export const STAKE_BUFFER_UPOKT = 500_000_000;

const MOST_TARGETS = 100;

export const provider = z.strictObject({
  owner_identity: ownerIdentity('Provider'),
  owner_email: email.describe('Where the network reaches the owner.'),
  auth_url: httpUrl
    .refine((url) => !url.endsWith('/'), { error: 'a URL without a slash at its end' })
    .optional()
    .describe(
      'The URL typed into the browser to open the portal, to the letter. Default: https:// and provider_domain; without it, http://localhost:3001, for a tunnel.',
    ),
  delegators_url: httpUrl
    .optional()
    .describe('The list of delegators; {chainId} in it is replaced. Default: the network’s own.'),
  minimum_stake_buffer_upokt: count(0, Number.MAX_SAFE_INTEGER)
    .default(STAKE_BUFFER_UPOKT)
    .describe('Kept above the minimum stake, in uPOKT; the same at Provider and Middleman.'),
  // Not for the Middleman: whoever signs in there sets up channels, and could reach what is private.
  notification_egress_allowlist: z
    .array(hostOrRange, { error: 'a list of host names, addresses and networks' })
    .max(MOST_TARGETS, { error: `at most ${MOST_TARGETS} host names, addresses and networks` })
    .default([])
    .describe(
      'Targets of notifications that may be private, such as a mail server of yours: host names as typed in the portal, addresses and networks. Default: only public ones.',
    ),
  log_level: logLevel('Provider'),
});

export const middleman = z.strictObject({
  owner_identity: ownerIdentity('Middleman'),
  owner_email: email.describe('Where the network reaches the owner.'),
  providers_url: httpUrl
    .optional()
    .describe('The list of Providers; {chainId} in it is replaced. Default: the network’s own.'),
  minimum_stake_buffer_upokt: count(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe(
      'Kept above the minimum stake, in uPOKT. Default: as at the Provider of this profile, else 500000000.',
    ),
  trusted_authority: filePath
    .optional()
    .describe(
      'The certificate of a private authority, a PEM file on this machine: with it, certificates of that authority are good enough for the Middleman when it calls itself and Providers.',
    ),
  log_level: logLevel('Middleman'),
});

const sha256 = (architecture: string) =>
  text('a sha256: 64 lower case hexadecimal digits', /^[0-9a-f]{64}$/)
    .optional()
    .describe(
      `The sha256 of the release’s archive for ${architecture}. Default: the one that is known for the version.`,
    );

export const pocketd = z.strictObject({
  version: text('an exact tag such as v0.1.35', /^v\d+\.\d+\.\d+(?:-[A-Za-z0-9.-]+)?$/)
    .default(DEFAULT_POCKETD)
    .describe('The release of pocketd, by its tag.'),
  sha256: z
    .strictObject({ amd64: sha256('amd64'), arm64: sha256('arm64') })
    .prefault({})
    .describe('What the archive has to be, or it is not installed.'),
  archive: filePath
    .optional()
    .describe(
      'The release’s archive on this machine, carried to hosts without internet. Default: hosts download it.',
    ),
});
