import { certificatesOf, sitesOf, tlsOf } from '../../proxy/sites.ts';
import { DEFAULT_IMAGES } from '../images.ts';
import { suggest } from '../suggest.ts';
import type { Rule } from './rule.ts';

/** Every proxy can get a certificate for every name that it serves. */
export const certificatesCanBeHad: Rule = (profile, report) => {
  const { reverse_proxy: proxy, reverse_proxy_hosts: hosts } = profile;
  const names = sitesOf(profile).map(({ name }) => name.toLowerCase());
  for (const name of Object.keys(certificatesOf(proxy))) {
    if (names.includes(name)) continue;
    const expected = 'is no name of this profile, such as its relay_public_domain';
    report(['reverse_proxy', 'certificates', name], expected, suggest(name, names));
  }
  for (const [one, other] of [
    ['dns_provider', 'dns_token'],
    ['dns_token', 'dns_provider'],
  ] as const) {
    if (proxy[one] && !proxy[other]) report(['reverse_proxy', other], `missing beside ${one}`);
  }
  if (proxy.acme_trusted_authority && !proxy.acme_directory) {
    report(['reverse_proxy', 'acme_directory'], 'missing beside acme_trusted_authority');
  }
  const official = DEFAULT_IMAGES.caddy.replace(/:.*/, '');
  if (proxy.dns_provider && profile.images.caddy.startsWith(`${official}:`)) {
    report(
      ['images', 'caddy'],
      `expected an image with the plugin dns.providers.${proxy.dns_provider}, which the official one lacks`,
    );
  }
  if (hosts.length === 0 || proxy.tls !== 'acme') return;
  const asked = names.filter((name) => tlsOf(profile, name) !== 'certificate');
  if (!proxy.acme_email && (asked.length > 0 || names.length === 0)) {
    report(['reverse_proxy', 'acme_email'], 'missing, expected it with tls: acme');
  }
  if (hosts.length > 1 && asked.length > 0 && !proxy.dns_provider) {
    report(
      ['reverse_proxy', 'dns_provider'],
      `missing: with several proxies, the authority that asks for ${asked[0]} may reach another than the one that wants the certificate; set it, or reverse_proxy.certificates`,
    );
  }
};

/** The Provider's portal has powers over keys and stakes: it is never at the proxy for everybody. */
export const portalIsGuarded: Rule = (profile, report) => {
  const admin = profile.reverse_proxy.provider_admin;
  const at = (key: string) => ['reverse_proxy', 'provider_admin', key];
  if (!profile.provider_domain) {
    if (admin) report(['reverse_proxy', 'provider_admin'], 'is used with provider_domain only');
    return;
  }
  if (!admin || (admin.allow_from.length === 0 && !admin.user && !admin.password)) {
    report(
      ['reverse_proxy', 'provider_admin'],
      'missing, expected allow_from, or user and password: the portal is never open to everybody',
    );
    return;
  }
  if (admin.user && !admin.password) report(at('password'), 'missing beside user');
  if (admin.password && !admin.user) report(at('user'), 'missing beside password');
  admin.allow_from.forEach((range, index) => {
    if (range.endsWith('/0')) {
      report([...at('allow_from'), index], 'is everybody: leave allow_from out, or say who');
    }
  });
};
