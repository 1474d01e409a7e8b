import type { Deployment, Host } from '../deployment.ts';
import { type Shell, sh } from '../shell.ts';

/** What the proxy's Caddyfile is told about the relayers. */
export interface Upstreams {
  RELAYERS: string;
  /** The same for gRPC, which is HTTP/2 without TLS. */
  RELAYERS_GRPC: string;
}

/** The relayers as a proxy reaches them. @param without a relayer that is left out */
export function upstreamsOf(deployment: Deployment, proxy: Host, without?: Host): Upstreams {
  const kept = relayersOf(deployment, proxy).filter(({ name }) => name !== without?.name);
  return {
    RELAYERS: kept.map(({ address }) => `http://${address}`).join(' '),
    RELAYERS_GRPC: kept.map(({ address }) => `h2c://${address}`).join(' '),
  };
}

/** Each relayer by the name of its host, with its `host:port` as a proxy reaches it. */
export function relayersOf(
  deployment: Deployment,
  proxy: Host,
): { name: string | undefined; address: string }[] {
  const hosts = deployment.publishers('relayer');
  return deployment
    .relayUpstreams(proxy)
    .map((address, index) => ({ name: hosts[index]?.name, address }));
}

/**
 * Shell for a proxy that makes it forward to these relayers from now on, without a restart: the configuration in use is
 * read again, in an environment whose upstreams win over those in its files. What is under way with others goes on. Does
 * nothing where no proxy runs.
 */
export function forwardTo({ RELAYERS, RELAYERS_GRPC }: Upstreams): Shell {
  return sh`
    running=$(docker ps --quiet --filter label=com.docker.compose.project=pocket-reverse-proxy --filter status=running)
    [[ -z $running ]] || docker compose --project-directory /opt/pocket/reverse-proxy exec -T \
      --env ${`RELAYERS=${RELAYERS}`} --env ${`RELAYERS_GRPC=${RELAYERS_GRPC}`} \
      caddy sh /etc/caddy/in-use/configured-caddy reload`;
}

/** What the Caddy of a container has in force; its image has one of the two. */
const CONFIGURATION =
  'wget -qO - http://127.0.0.1:2019/config/ 2>/dev/null || curl -fsS http://127.0.0.1:2019/config/';

/**
 * Shell for a proxy that prints every `host:port` that it forwards to at this moment, or nothing where no proxy runs.
 * Caddy itself is asked, since what it was told with {@link forwardTo} stands in no file.
 */
export const FORWARDED_NOW = sh`
    running=$(docker ps --quiet --filter label=com.docker.compose.project=pocket-reverse-proxy --filter status=running)
    [[ -z $running ]] || docker exec "$running" sh -c ${CONFIGURATION} | { grep -oE '"dial":"[^"]+"' || :; } | cut -d '"' -f 4 | LC_ALL=C sort -u`;

/**
 * Shell for a proxy that exits 0 when it forwards to these at this moment, and to nothing else.
 * @param addresses each as `host:port`, in any order
 */
export function forwardsTo(addresses: readonly string[]): Shell {
  return sh`
    live=$(${FORWARDED_NOW}) && [[ $live == ${[...new Set(addresses)].toSorted().join('\n')} ]]`;
}
