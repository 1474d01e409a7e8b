import type { Deployment } from './deployment.ts';
import type { Host } from './hosts.ts';

/** A name and what containers find under it instead of asking DNS: an IP address, or `host-gateway` for their host. */
export interface HostEntry {
  name: string;
  address: string;
}

/**
 * Where the containers of a host find the public names that Igniter calls, its own among them. A host often cannot
 * reach its own public address from inside (no hairpin NAT), and the proxies are known here: the one on the same host,
 * else all of them at their private addresses. Certificates go by name, so TLS is the same. Without private addresses
 * it is left to DNS.
 */
export function proxiedNames(deployment: Deployment, host: Host): HostEntry[] {
  const { middleman_domain, provider_public_api_domain } = deployment.profile;
  const names = [middleman_domain, provider_public_api_domain].filter((name) => name !== undefined);
  const proxies = deployment.group('reverse_proxy_hosts');
  const addresses = proxies.some((proxy) => proxy.name === host.name)
    ? ['host-gateway']
    : proxies.flatMap(({ privateAddress }) => privateAddress ?? []);
  return names.flatMap((name) => addresses.map((address) => ({ name, address })));
}
