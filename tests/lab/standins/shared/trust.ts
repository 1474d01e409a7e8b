/** Whom a client trusts: the authorities of SSL_CERT_FILE where it is set, as programs in Go do; each of them as a root. */
import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';

/** The options of a TLS connection that follow. */
export function trustedAuthorities(): SecureContextOptions {
  const path = process.env.SSL_CERT_FILE;
  return path ? { ca: readFileSync(path), allowPartialTrustChain: true } : {};
}
