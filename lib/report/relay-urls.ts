import type { Deployment } from '../deployment.ts';
import { TRANSPORTS, type Transport } from '../profile/relayminer-schema.ts';

/** Where relays of one service and transport arrive, as it is staked on chain. */
export interface RelayUrl {
  serviceId: string;
  transport: Transport;
  /** What the wizard calls the transport; absent for CometBFT, which it does not offer. */
  rpcType?: string;
  url: string;
}

/**
 * How the wizard calls each transport, and the scheme of its URL. Sources: igniter, apps/provider, service form of the
 * setup wizard, v0.9, which offers these four; poktroll, x/shared/types/service.go, v0.1.35: the chain takes http,
 * https, ws and wss, and no other. gRPC behind TLS is https for it, although the wizard’s own template says grpcs.
 */
const FORMS: Record<Transport, { rpcType?: string; scheme: string }> = {
  jsonrpc: { rpcType: 'JSON_RPC', scheme: 'https' },
  rest: { rpcType: 'REST', scheme: 'https' },
  websocket: { rpcType: 'WEBSOCKET', scheme: 'wss' },
  grpc: { rpcType: 'GRPC', scheme: 'https' },
  cometbft: { scheme: 'https' },
};

/** Every public relay URL of a deployment, services in the profile's order; none when it has no public name for relays. */
export function relayUrls(deployment: Pick<Deployment, 'profile'>): RelayUrl[] {
  const { relay_public_domain: domain, relayminer } = deployment.profile;
  if (domain === undefined) return [];
  return Object.entries(relayminer?.services ?? {}).flatMap(([serviceId, { backends }]) =>
    TRANSPORTS.filter((transport) => backends[transport] !== undefined).map((transport) => {
      const { rpcType, scheme } = FORMS[transport];
      return { serviceId, transport, ...(rpcType && { rpcType }), url: `${scheme}://${domain}` };
    }),
  );
}
