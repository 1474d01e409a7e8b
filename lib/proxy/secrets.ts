import { createPrivateKey } from 'node:crypto';
import { LOOKS_LIKE_A_SECRET } from '../profile/fields.ts';
import type { Profile } from '../profile/schema.ts';
import { certificatesOf, sitesOf, tlsOf } from './sites.ts';

/** A secret of the proxy that lives elsewhere. */
export interface ProxySecret {
  /** Where the profile refers to it. */
  path: string;
  reference: string;
  /** The form that it has, in words. */
  expected: string;
  fits(value: string): boolean;
}

/** What the proxies of a profile use: no token and no key that nothing asks for. */
export function proxySecrets(profile: Profile): ProxySecret[] {
  const { reverse_proxy: proxy } = profile;
  const found: ProxySecret[] = [];
  const add = (path: string, reference: string | undefined, kind: Kind) => {
    if (reference !== undefined) found.push({ path: `reverse_proxy.${path}`, reference, ...kind });
  };
  if (sitesOf(profile).some(({ name }) => tlsOf(profile, name) === 'acme-dns')) {
    add('dns_token', proxy.dns_token, TOKEN);
  }
  for (const [name, { key }] of Object.entries(certificatesOf(proxy))) {
    add(`certificates.${name}.key`, key, KEY);
  }
  add('provider_admin.password', proxy.provider_admin?.password, PASSWORD);
  return found;
}

type Kind = Omit<ProxySecret, 'path' | 'reference'>;

/** Caddy reads the token where it reads its configuration: what means something there is no part of any token. */
const TOKEN: Kind = {
  expected: 'a token of 8 letters, digits and . _ ~ + / = - or more',
  fits: (value) => /^[A-Za-z0-9._~+/=-]{8,}$/.test(value),
};
const PASSWORD: Kind = {
  expected: 'from 12 to 72 bytes on one line, which is what bcrypt takes',
  fits: (value) =>
    /^[^\x00-\x1f\x7f-\x9f]{12,}$/.test(value) &&
    Buffer.byteLength(value) <= 72 &&
    !value.includes(LOOKS_LIKE_A_SECRET),
};
const KEY: Kind = {
  expected: 'a private key in PEM without a passphrase',
  fits: (value) => {
    try {
      createPrivateKey(value);
      return true;
    } catch {
      return false;
    }
  },
};
