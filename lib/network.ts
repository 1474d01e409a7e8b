import { NETWORKS, type NetworkName, type NetworkPreset } from './profile/networks.ts';
import type { Profile } from './profile/schema.ts';

/** The Pocket network a deployment serves: the preset, with what the profile overrides. */
export interface Network extends NetworkPreset {
  name: NetworkName;
}

/** The network of a profile: what it names, else the preset. */
export function networkOf(profile: Profile): Network {
  const preset = NETWORKS[profile.pocket_network];
  const grpcAddress = profile.pocket_grpc_address;
  return {
    name: profile.pocket_network,
    chainId: profile.pocket_chain_id ?? preset.chainId,
    rpcUrl: profile.pocket_rpc_url ?? preset.rpcUrl,
    grpcAddress: grpcAddress ?? preset.grpcAddress,
    grpcInsecure:
      profile.pocket_grpc_insecure ??
      (grpcAddress === undefined ? preset.grpcInsecure : !grpcAddress.endsWith(':443')),
    apiUrl: profile.pocket_api_url ?? preset.apiUrl,
    indexerUrl: profile.indexer_url ?? preset.indexerUrl,
    blockTimeSeconds: profile.relayminer?.block_time_seconds ?? preset.blockTimeSeconds,
    delegatorsUrl: profile.provider?.delegators_url ?? preset.delegatorsUrl,
    providersUrl: profile.middleman?.providers_url ?? preset.providersUrl,
  };
}
