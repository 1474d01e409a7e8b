import type { Profile } from '../profile/schema.ts';

/** A public name, the file below `compose/reverse-proxy/caddy/sites` that serves it, and what that forwards to. */
const SITES = [
  { file: 'relays.caddy', domain: 'relay_public_domain', service: 'relayer' },
  { file: 'provider-api.caddy', domain: 'provider_public_api_domain', service: 'provider-web' },
  { file: 'provider-portal.caddy', domain: 'provider_domain', service: 'provider-web' },
  { file: 'middleman.caddy', domain: 'middleman_domain', service: 'middleman-web' },
  { file: 'grafana.caddy', domain: 'grafana_domain', service: 'grafana' },
] as const;

/** Where a profile says the name of a site. */
export type DomainKey = (typeof SITES)[number]['domain'];

/** A site that a profile asks for. */
export interface Site {
  file: (typeof SITES)[number]['file'];
  domain: DomainKey;
  /** What it forwards to: of relayers every one, of the others the nearest. */
  service: (typeof SITES)[number]['service'];
  /** The public name. */
  name: string;
}

/** The sites of every proxy of a profile: those whose names it says. */
export function sitesOf(profile: Pick<Profile, DomainKey>): Site[] {
  return SITES.flatMap(({ file, domain, service }) => {
    const name = profile[domain];
    return name === undefined ? [] : [{ file, domain, service, name }];
  });
}

/** How the site of that name comes by its certificate, as the Caddyfile calls it. */
export function tlsOf(
  { reverse_proxy: proxy }: Pick<Profile, 'reverse_proxy'>,
  name: string,
): 'acme' | 'acme-dns' | 'certificate' | 'internal' {
  if (name.toLowerCase() in certificatesOf(proxy)) return 'certificate';
  return proxy.tls === 'acme' && proxy.dns_provider ? 'acme-dns' : proxy.tls;
}

/** The operator's own certificates by name in lower case, since names differ in nothing else. */
export function certificatesOf({ certificates }: Profile['reverse_proxy']) {
  return Object.fromEntries(
    Object.entries(certificates).map(([name, files]) => [name.toLowerCase(), files]),
  );
}
