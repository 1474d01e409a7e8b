import { z } from 'zod';
import { email, oneOf } from './fields.ts';

/** The proxy: everything public goes through it, with TLS. */
export const reverseProxy = z.strictObject({
  tls: oneOf(['acme', 'internal'])
    .default('acme')
    .describe('acme: certificates of a public authority; internal: a private one, for a lab.'),
  acme_email: email().optional().describe('Where the certificate authority reaches you.'),
});
