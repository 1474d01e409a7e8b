/** The three networks a profile can name. */
export type NetworkName = 'main' | 'beta' | 'local';

/** What is known about a network before the profile overrides any of it. */
export interface NetworkPreset {
  chainId: string;
  rpcUrl?: string;
  /** `host:port`. */
  grpcAddress?: string;
  /** Whether gRPC is spoken without TLS. */
  grpcInsecure: boolean;
  apiUrl?: string;
  indexerUrl?: string;
  /** Seconds between two blocks, as measured, which is not what every upstream constant says. */
  blockTimeSeconds: number;
  /** May hold `{chainId}`, which the Provider replaces. */
  delegatorsUrl: string;
  /** May hold `{chainId}`, which the Middleman replaces. */
  providersUrl: string;
}

const GOVERNANCE =
  'https://raw.githubusercontent.com/pokt-network/igniter-governance/refs/heads/main';

/**
 * Endpoints and facts per network. Sources: poktroll, app/pocket/networks.go, v0.1.35 (chain ids, RPC, gRPC);
 * igniter, deployment overlays of the 0.8 line (indexers); igniter-governance, f96dff8a (delegators, Providers).
 * - `main` and `local` share the chain id `pocket`: the id alone never proves mainnet.
 * - Beta's delegators and Providers are named without the `{chainId}` placeholder, because the registry has no folder
 *   for `pocket-lego-testnet` and an empty list would block the wizard of either application.
 * - `local` has no endpoints: the localhost of the upstream preset is, inside a container, the container itself.
 */
export const NETWORKS: Record<NetworkName, NetworkPreset> = {
  main: {
    chainId: 'pocket',
    rpcUrl: 'https://sauron-rpc.infra.pocket.network',
    grpcAddress: 'sauron-grpc.infra.pocket.network:443',
    grpcInsecure: false,
    apiUrl: 'https://sauron-api.infra.pocket.network',
    indexerUrl: 'https://data.pocket.network/',
    blockTimeSeconds: 60,
    delegatorsUrl: `${GOVERNANCE}/{chainId}/middleman.json`,
    providersUrl: `${GOVERNANCE}/{chainId}/provider.json`,
  },
  beta: {
    chainId: 'pocket-lego-testnet',
    rpcUrl: 'https://sauron-rpc.beta.infra.pocket.network',
    grpcAddress: 'sauron-grpc.beta.infra.pocket.network:443',
    grpcInsecure: false,
    apiUrl: 'https://sauron-api.beta.infra.pocket.network',
    indexerUrl: 'https://data.beta.pocket.network/',
    blockTimeSeconds: 30,
    delegatorsUrl: `${GOVERNANCE}/pocket-beta/middleman.json`,
    providersUrl: `${GOVERNANCE}/pocket-beta/provider.json`,
  },
  local: {
    chainId: 'pocket',
    grpcInsecure: true,
    blockTimeSeconds: 2,
    delegatorsUrl: `${GOVERNANCE}/{chainId}/middleman.json`,
    providersUrl: `${GOVERNANCE}/{chainId}/provider.json`,
  },
};
