import type { Deployment } from '../deployment.ts';
import type { Host } from '../hosts.ts';
import { PORTS } from '../ports.ts';
import type { Transport } from '../profile/relayminer-schema.ts';
import { tlsOf } from '../proxy/sites.ts';

/** What the client of the RelayMiner image calls a transport. */
export type Mode = 'jsonrpc' | 'websocket' | 'grpc' | 'cometbft';

/** One relay to make. */
export interface Question {
  service: string;
  transport: Transport;
  /** Absent where the client has none. */
  mode?: Mode;
  url: string;
}

/** Where relays are sent to, and how that is found and trusted. */
export interface Entrance {
  url: string;
  /** The address to take the URL's name to be at, where no public DNS has it. */
  address?: string;
  /** How it is dialled, in the words of evidence. */
  words: string;
}

/** The relayer itself, on its own host. */
export const OWN_URL = `http://127.0.0.1:${PORTS.relayer.port}`;

/**
 * Where the public sends its relays: the public name, found through DNS. A name with a certificate of the proxy's own
 * authority is in no public DNS, so it is taken to be at the proxy. Without a public name it is the relayer itself.
 */
export function entranceOf(deployment: Deployment, from: Host): Entrance {
  const { profile } = deployment;
  const name = profile.relay_public_domain;
  if (name === undefined)
    return {
      url: OWN_URL,
      words: `${OWN_URL}, since the profile has no relay_public_domain`,
    };
  const url = `https://${name}`;
  const [proxy] = deployment.group('reverse_proxy_hosts');
  if (!proxy || tlsOf(profile, name) !== 'internal') return { url, words: url };
  const address = proxy.name === from.name ? '127.0.0.1' : (proxy.privateAddress ?? proxy.address);
  const words = `${url}, taken to be at ${address}, with the certificate that is shown there`;
  return { url, address, words };
}

const MODES: Partial<Record<Transport, Mode>> = {
  jsonrpc: 'jsonrpc',
  websocket: 'websocket',
  grpc: 'grpc',
  cometbft: 'cometbft',
};

/**
 * One relay for each service and transport. The client speaks gRPC without TLS only, so that one goes to the relayer
 * itself. Source: pocket-relay-miner, cmd/relay/grpc.go, v0.1.x and commit ad37bcbd.
 */
export function questionsOf(deployment: Deployment, entrance: Entrance): Question[] {
  return Object.entries(deployment.profile.relayminer?.services ?? {}).flatMap(
    ([service, { backends }]) =>
      (Object.keys(backends) as Transport[]).map((transport) => {
        const mode = MODES[transport];
        const url = mode === 'grpc' ? OWN_URL : entrance.url;
        return { service, transport, url, ...(mode !== undefined && { mode }) };
      }),
  );
}
