import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the pretended endpoints answer; a test changes it to make one of them wrong. */
export interface NetworkFacts {
  api: string;
  rpc: string;
  indexer: string;
  delegators: { name: string; identity: string }[];
  providers?: { name: string; identity: string; url: string }[];
}

/**
 * Pocket API under /api, CometBFT RPC under /rpc, indexer at /indexer, delegators at /cdn/<chain>.json and Providers at
 * /cdn/<chain>/provider.json.
 */
export interface Network {
  facts: NetworkFacts;
  url(path: string): string;
  close(): void;
}

function answers(facts: NetworkFacts): Record<string, unknown> {
  return {
    '/api/pokt-network/poktroll/supplier/params': {
      params: { min_stake: { denom: 'upokt', amount: '59500000000' } },
    },
    '/api/cosmos/base/tendermint/v1beta1/node_info': { default_node_info: { network: facts.api } },
    '/api/cosmos/base/node/v1beta1/status': { height: '1' },
    '/api/pokt-network/poktroll/service/service/eth': service('eth', 'Ethereum'),
    '/api/pokt-network/poktroll/service/service/cosmoshub': service('cosmoshub', 'Cosmos Hub'),
    '/rpc/status': { result: { node_info: { network: facts.rpc } } },
    '/indexer': { data: { status: { chain: facts.indexer } } },
    [`/cdn/${facts.api}.json`]: facts.delegators,
    [`/cdn/${facts.api}/provider.json`]: facts.providers,
  };
}

function service(id: string, name: string) {
  return { service: { id, name, compute_units_per_relay: '1', owner_address: 'pokt1owner' } };
}

/** Starts the endpoints on a loopback port. */
export async function startNetwork(facts: NetworkFacts): Promise<Network> {
  const server: Server = createServer((request, response) => {
    const answer = answers(facts)[request.url ?? ''];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    facts,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
