import * as z from 'zod';
import { addressRange, domain, email, filePath, oneOf, reference, text, url } from './fields.ts';

const certificate = z.strictObject({
  certificate: filePath.describe('The certificate and its chain, a PEM file on this machine.'),
  key: reference.describe(
    'Its private key in PEM: a file on this machine, or a reference. Only proxies get it.',
  ),
});

const providerAdmin = z.strictObject({
  allow_from: z
    .array(addressRange, { error: 'a list of ranges of addresses' })
    .default([])
    .describe('The ranges of addresses that reach the portal, such as those of your VPN.'),
  user: text('a user name of letters, digits, dots and dashes', /^[A-Za-z0-9._-]{1,64}$/)
    .optional()
    .describe('The user that the proxy asks for, by HTTP basic authentication.'),
  password: reference.optional().describe('The password of that user.'),
});

/** The proxy: everything public goes through it, with TLS. */
export const reverseProxy = z.strictObject({
  tls: oneOf(['acme', 'internal'])
    .default('acme')
    .describe(
      'acme: certificates of an authority that is asked for them, a public one unless acme_directory names another; internal: of one that only the proxy knows, for a lab.',
    ),
  acme_email: email.optional().describe('Where the certificate authority reaches you.'),
  acme_directory: url(['https'])
    .optional()
    .describe(
      'The directory of another authority that speaks ACME: one for rehearsals, or your own. Default: public ones, in whose limits a failed try counts.',
    ),
  acme_trusted_authority: filePath
    .optional()
    .describe(
      'The certificate of the private authority that acme_directory itself has its certificate from, a PEM file on this machine.',
    ),
  dns_provider: text('the name of a DNS provider’s plugin, such as cloudflare', /^[a-z0-9]{1,40}$/)
    .optional()
    .describe(
      'Proves names to the authority by DNS instead of HTTP; images.caddy has to be an image with the provider’s plugin.',
    ),
  dns_token: reference.optional().describe('The provider’s token that may change DNS records.'),
  certificates: z
    .record(domain, certificate, { error: 'a mapping of domains to certificates' })
    .default({})
    .describe('Your own certificates, by the public name that each is for, instead of tls.'),
  provider_admin: providerAdmin
    .optional()
    .describe('Who reaches the Provider’s portal at provider_domain: never everybody.'),
});
