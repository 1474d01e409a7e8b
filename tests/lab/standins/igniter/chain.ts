/** Chain ids that the newer Igniter knows (pokt-network/igniter, packages/db/src/provider/schema/enums.ts). */
const CHAIN_IDS = ['pocket', 'pocket-beta', 'pocket-alpha', 'pocket-lego-testnet'];

/** What the wizard's first step learns from the three URLs; the stake is in POKT. */
export interface ChainFacts {
  chainId: string;
  minimumStake: number;
}

/** A value that the wizard refuses, by field. */
export class FieldError extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Fetches JSON, or undefined for anything but a 200 with JSON in it within five seconds. */
// biome-ignore lint/suspicious/noExplicitAny: foreign JSON, read with optional chaining only
export async function fetchJson(url: string, body?: unknown): Promise<any> {
  try {
    const response = await fetch(url, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: AbortSignal.timeout(5000),
    });
    return response.status === 200 ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

/** Joins a base URL and a path that starts with a slash. */
export function join(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path;
}

/** The network a CometBFT RPC endpoint reports at `/status`, or undefined when it is none. */
export async function cometNetwork(rpcUrl: string): Promise<string | undefined> {
  return (await fetchJson(join(rpcUrl, '/status')))?.result?.node_info?.network;
}

/**
 * Asks the three endpoints what network they are on, as step 1 of the wizard does. `buffer` is
 * MINIMUM_STAKE_BUFFER in uPOKT. Throws FieldError naming the URL that is wrong.
 */
export async function inspectChain(
  urls: { pocketApiUrl: string; pocketRpcUrl: string; indexerApiUrl: string },
  buffer: number,
): Promise<ChainFacts> {
  const [params, info, status] = await Promise.all([
    fetchJson(join(urls.pocketApiUrl, '/pokt-network/poktroll/supplier/params')),
    fetchJson(join(urls.pocketApiUrl, '/cosmos/base/tendermint/v1beta1/node_info')),
    fetchJson(join(urls.pocketApiUrl, '/cosmos/base/node/v1beta1/status')),
  ]);
  const chainId = info?.default_node_info?.network;
  const minimum = Number(params?.params?.min_stake?.amount);
  if (!chainId || !status || !Number.isFinite(minimum)) {
    throw new FieldError('pocketApiUrl', 'not a Pocket API');
  }
  if (!CHAIN_IDS.includes(chainId))
    throw new FieldError('pocketApiUrl', `network ${chainId} is not supported`);
  const network = await cometNetwork(urls.pocketRpcUrl);
  if (network !== chainId) {
    throw new FieldError(
      'pocketRpcUrl',
      network ? `on network ${network}, not ${chainId}` : 'not a CometBFT RPC',
    );
  }
  // packages/graphql/src/block.ts, to which its client adds __typename.
  const query =
    'query indexerStatus { status: _metadata { chain lastProcessedHeight lastProcessedTimestamp targetHeight __typename } }';
  const asked = { operationName: 'indexerStatus', variables: {}, query };
  const indexed = (await fetchJson(urls.indexerApiUrl, asked))?.data?.status?.chain;
  if (indexed !== chainId) {
    throw new FieldError(
      'indexerApiUrl',
      indexed ? `indexes ${indexed}, not ${chainId}` : 'not an indexer',
    );
  }
  return { chainId, minimumStake: (minimum + buffer) / 1e6 };
}
