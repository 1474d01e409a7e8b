import type { Deployment, Host } from '../deployment.ts';
import { hostPort } from '../endpoints.ts';
import type { PortName } from '../ports.ts';
import type { Profile } from '../profile/schema.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { type DomainKey, tlsOf } from './sites.ts';

/** The values of env-templates/reverse-proxy-values.env: empty for a site that the profile does not ask for. */
export function proxyValues(
  deployment: Deployment,
  proxy: Host,
  secrets: Pick<Secrets, 'resolve'>,
): Record<string, string> {
  const { profile } = deployment;
  const { acme_email, dns_provider = '', dns_token, provider_admin } = profile.reverse_proxy;
  const name = (key: DomainKey) => profile[key] ?? '';
  const tls = (key: DomainKey) => (profile[key] ? tlsOf(profile, profile[key]) : '');
  const upstream = (service: PortName, ...keys: DomainKey[]) =>
    keys.some((key) => profile[key]) ? hostPort(deployment.endpoint(service, proxy)) : '';
  const { allow_from: ranges = [], user = '' } = provider_admin ?? {};
  return {
    // Caddy takes no empty one.
    acme_email: acme_email ?? 'unused@invalid.example',
    acme_authority: authorityOf(profile),
    acme_directory: profile.reverse_proxy.acme_directory ?? '',
    dns_provider,
    dns_token: profile.reverse_proxy.tls === 'acme' && dns_token ? secrets.resolve(dns_token) : '',
    relay_domain: name('relay_public_domain'),
    relay_tls: tls('relay_public_domain'),
    relayers: deployment.relayUpstreams(proxy).join(' '),
    relay_body_limit: relayBodyLimit(profile),
    provider: upstream('provider-web', 'provider_domain', 'provider_public_api_domain'),
    provider_api_domain: name('provider_public_api_domain'),
    provider_api_tls: tls('provider_public_api_domain'),
    provider_domain: name('provider_domain'),
    provider_tls: tls('provider_domain'),
    portal_from: ranges.length > 0 ? 'listed' : 'everywhere',
    portal_allow_from: ranges.join(' '),
    portal_password: user ? 'with-password' : 'without-password',
    portal_user: user,
    middleman_domain: name('middleman_domain'),
    middleman_tls: tls('middleman_domain'),
    middleman: upstream('middleman-web', 'middleman_domain'),
    grafana_domain: name('grafana_domain'),
    grafana_tls: tls('grafana_domain'),
    grafana: upstream('grafana', 'grafana_domain'),
  };
}

const MIB = 2 ** 20;
/** What relayers take without a word in the profile: bodies of 10 MiB. */
const USUAL_LIMIT = 32 * MIB;
/**
 * What a relay's envelope may add to a body: upstream wants 16 MiB at the proxy for bodies of 10. Source:
 * pocket-relay-miner, docs/deploy/README.md, v0.1.x.
 */
const ENVELOPE = 6 * MIB;

/** The largest body that the proxy takes of a relay, as Caddy reads it: the largest that any service may have, and more. */
function relayBodyLimit({ relayminer }: Profile): string {
  const bodies = Object.values(relayminer?.services ?? {}).map(
    ({ max_body_size_bytes: largest = 0 }) => largest + ENVELOPE,
  );
  return `${Math.ceil(Math.max(USUAL_LIMIT, ...bodies) / MIB)}MiB`;
}

/** What the Caddyfile calls the authority that certificates are asked of. */
function authorityOf({ reverse_proxy: proxy }: Profile): string {
  if (!proxy.acme_directory) return 'public';
  return proxy.acme_trusted_authority ? 'private' : 'listed';
}
