import type { Deployment, Host } from '../deployment.ts';
import { hostPort } from '../endpoints.ts';
import { PORTS } from '../ports.ts';
import type { Profile } from '../profile/schema.ts';

/** How long the blackbox exporter waits for an answer: less than Prometheus waits for the exporter. */
export const PROBE_TIMEOUT = '8s';

/** A public URL that is asked all the time, and what must come back. */
export interface PublicProbe {
  /** The name of the blackbox exporter's module. */
  module: string;
  /** The public name. */
  domain: string;
  /** Where the question is sent. */
  target: string;
}

/** What is asked of each public name, and the statuses that are right. The portal is not public, so it is not asked. */
const QUESTIONS: readonly {
  module: string;
  domain: (profile: Profile) => string | undefined;
  path: string;
  http: object;
}[] = [
  {
    // A malformed relay is refused by a relayer and by nobody before it (pocket-relay-miner, relayer/proxy.go, v0.1.x).
    module: 'relay',
    domain: (profile) => profile.relay_public_domain,
    path: '/',
    http: { method: 'POST', body: 'not a relay', valid_status_codes: [400] },
  },
  {
    module: 'provider-api',
    domain: (profile) => profile.provider_public_api_domain,
    path: '/api/identity',
    http: { valid_status_codes: [200] },
  },
  {
    module: 'middleman',
    domain: (profile) => profile.middleman_domain,
    path: '/',
    http: { valid_status_codes: [200, 302, 303, 307, 308], follow_redirects: false },
  },
  {
    // 401 where the proxy asks for a password of its own first.
    module: 'grafana',
    domain: (profile) => profile.grafana_domain,
    path: '/login',
    http: { valid_status_codes: [200, 302, 401], follow_redirects: false },
  },
];

/**
 * The public URLs of a deployment, as the blackbox exporter on a host asks them: by their names, as everybody does.
 * With an internal authority the names exist in no DNS, so the proxy is asked for them at its own address.
 */
export function publicProbes(deployment: Deployment, from: Host): PublicProbe[] {
  return asked(deployment).map(({ module, domain, path }) => {
    const { port } = PORTS.https;
    const at = isInternal(deployment)
      ? hostPort({ host: proxyAddress(deployment, from), port })
      : domain;
    return { module, domain, target: `https://${at}${path}` };
  });
}

/** How the public URLs of a deployment are asked: the blackbox exporter's modules by their names. */
export function publicModules(deployment: Deployment): Record<string, object> {
  return Object.fromEntries(
    asked(deployment).map(({ module, domain, http }) => [
      module,
      {
        prober: 'http',
        timeout: PROBE_TIMEOUT,
        http: {
          preferred_ip_protocol: 'ip4',
          fail_if_not_ssl: true,
          ...(isInternal(deployment) && {
            headers: { Host: domain },
            tls_config: { insecure_skip_verify: true, server_name: domain },
          }),
          ...http,
        },
      },
    ]),
  );
}

function asked({ profile }: Deployment) {
  if (profile.reverse_proxy_hosts.length === 0) return [];
  return QUESTIONS.flatMap(({ domain, ...rest }) => {
    const name = domain(profile);
    return name === undefined ? [] : [{ ...rest, domain: name }];
  });
}

function isInternal({ profile }: Deployment): boolean {
  return profile.reverse_proxy.tls === 'internal';
}

function proxyAddress(deployment: Deployment, from: Host): string {
  const proxies = deployment.publishers('https');
  const own = proxies.some(({ name }) => name === from.name);
  const [first] = proxies;
  return own || !first ? PORTS.https.alias : (first.privateAddress ?? first.address);
}
