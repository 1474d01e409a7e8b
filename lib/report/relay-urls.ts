import type { Deployment } from '../deployment.ts';
import { TRANSPORTS, type Transport } from '../profile/relayminer-schema.ts';

/** One service and transport that a deployment serves, whether or not it has a public name. */
export interface RelayEndpoint {
  serviceId: string;
  transport: Transport;
  /** What the wizard calls the transport; absent for CometBFT, which it does not offer. */
  rpcType?: string;
  /** Of its public URL. */
  scheme: string;
}

/** Where relays of one service and transport arrive, as it is staked on chain. */
export interface RelayUrl extends RelayEndpoint {
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

/** What a deployment serves, services in the profile's order. */
export function relayEndpoints({ profile }: Pick<Deployment, 'profile'>): RelayEndpoint[] {
  return Object.entries(profile.relayminer?.services ?? {}).flatMap(([serviceId, { backends }]) =>
    TRANSPORTS.filter((transport) => backends[transport] !== undefined).map((transport) => ({
      serviceId,
      transport,
      ...FORMS[transport],
    })),
  );
}

/** The services that the wizard can be told of: those with a transport that it offers. */
export function offeredServices(deployment: Pick<Deployment, 'profile'>): string[] {
  const offered = relayEndpoints(deployment).filter(({ rpcType }) => rpcType !== undefined);
  return [...new Set(offered.map(({ serviceId }) => serviceId))];
}

/** Every public relay URL of a deployment; none when it has no public name for relays. */
export function relayUrls(deployment: Pick<Deployment, 'profile'>): RelayUrl[] {
  const { relay_public_domain: domain } = deployment.profile;
  if (domain === undefined) return [];
  return relayEndpoints(deployment).map((one) => ({ ...one, url: `${one.scheme}://${domain}` }));
}
