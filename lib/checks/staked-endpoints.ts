import type { StakedService } from '../probes/chain-queries.ts';
import type { Transport } from '../profile/relayminer-schema.ts';
import type { Profile } from '../profile/schema.ts';
import { relayUrls } from '../report/relay-urls.ts';
import { excerpt } from '../validation/verdict.ts';

/** What the chain and the relayer call each RPCType (poktroll, proto/pocket/shared/service.proto, v0.1.35). */
const RPC_TYPES = new Map<number, { name: string; transport: Transport }>([
  [1, { name: 'GRPC', transport: 'grpc' }],
  [2, { name: 'WEBSOCKET', transport: 'websocket' }],
  [3, { name: 'JSON_RPC', transport: 'jsonrpc' }],
  [4, { name: 'REST', transport: 'rest' }],
  [5, { name: 'COMET_BFT', transport: 'cometbft' }],
]);

const PORTS_OF_SCHEMES: Record<string, string> = {
  'http:': '80',
  'ws:': '80',
  'https:': '443',
  'wss:': '443',
  'grpcs:': '443',
};

/**
 * The endpoints of a supplier that this deployment does not answer, each with what is wrong: its transport has no
 * backend, or its URL has another host or port than relays arrive at. Without a public name for relays in the profile
 * only backends are looked at.
 */
export function endpointsElsewhere(services: readonly StakedService[], profile: Profile): string[] {
  const urls = relayUrls({ profile });
  return services.flatMap(({ id, endpoints }) =>
    endpoints.flatMap(({ url, rpcType }) => {
      const { name = `RPC type ${rpcType}`, transport } = RPC_TYPES.get(rpcType) ?? {};
      const staked = `${excerpt(id)} over ${name} at ${excerpt(url)}`;
      const backends = profile.relayminer?.services[id]?.backends;
      if (!transport || !backends?.[transport]) return [`${staked} (no backend here)`];
      const wanted = urls.find((one) => one.serviceId === id && one.transport === transport)?.url;
      return wanted === undefined || placeOf(url) === placeOf(wanted)
        ? []
        : [`${staked} (wanted: ${wanted})`];
    }),
  );
}

/** Host and port of a URL; `undefined` for what is none. */
function placeOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  return parsed
    ? `${parsed.hostname.toLowerCase()}:${parsed.port || PORTS_OF_SCHEMES[parsed.protocol]}`
    : undefined;
}
