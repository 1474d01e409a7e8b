/** CometBFT RPC of the stand-in chain: GET paths, JSON-RPC POST on `/`, `/websocket` subscriptions. */
import http from 'node:http';
import { readBody, sendJson } from '../shared/http.ts';
import { acceptWebSocket, refuseUpgrade, type Socket } from '../shared/websocket.ts';
import { type Block, type Blocks, nanoTime } from './blocks.ts';
import { versions } from './facts.ts';
import type { Settings } from './settings.ts';

export const nodeId = '5374616e64696e2d706f636b65742d636861696e';
const validator = '53544E4456414C494441544F523030303030303031';

function header(settings: Settings, block: Block) {
  return {
    version: { block: '11' },
    chain_id: settings.chainId,
    height: String(block.height),
    time: nanoTime(block.time),
    proposer_address: validator.slice(0, 40),
  };
}

function methods(settings: Settings, blocks: Blocks): Record<string, () => unknown> {
  return {
    health: () => ({}),
    status: () => {
      const { height, time, hash } = blocks.latest();
      return {
        node_info: {
          protocol_version: { p2p: '8', block: '11', app: '0' },
          id: nodeId,
          listen_addr: 'tcp://0.0.0.0:26656',
          network: settings.chainId,
          version: versions.cometbft,
          channels: '40202122233038606100',
          moniker: 'stand-in-pocket-chain',
          other: { tx_index: 'on', rpc_address: 'tcp://0.0.0.0:26657' },
        },
        sync_info: {
          latest_block_hash: hash,
          latest_app_hash: hash,
          latest_block_height: String(height),
          latest_block_time: nanoTime(time),
          earliest_block_hash: blocks.at(height - 1000).hash,
          earliest_app_hash: blocks.at(height - 1000).hash,
          earliest_block_height: String(height - 1000),
          earliest_block_time: nanoTime(blocks.at(height - 1000).time),
          catching_up: settings.catchingUp,
        },
        validator_info: {
          address: validator.slice(0, 40),
          pub_key: {
            type: 'tendermint/PubKeyEd25519',
            value: Buffer.alloc(32, 1).toString('base64'),
          },
          voting_power: '0',
        },
      };
    },
    net_info: () => ({
      listening: true,
      listeners: ['Listener(@)'],
      n_peers: '2',
      peers: ['first', 'second'].map((moniker) => ({ node_info: { moniker }, is_outbound: true })),
    }),
    abci_info: () => ({
      response: {
        data: 'pocket',
        version: versions.pocketd,
        last_block_height: String(blocks.latest().height),
        last_block_app_hash: Buffer.from(blocks.latest().hash, 'hex').toString('base64'),
      },
    }),
    block: () => {
      const block = blocks.latest();
      return {
        block_id: { hash: block.hash, parts: { total: 1, hash: block.hash } },
        block: { header: header(settings, block), data: { txs: [] }, evidence: { evidence: [] } },
      };
    },
  };
}

function envelope(id: unknown, result: unknown) {
  return { jsonrpc: '2.0', id, result };
}

function failure(id: unknown, code: number, message: string, data = '') {
  return { jsonrpc: '2.0', id, error: { code, message, data } };
}

type Call = { id?: unknown; method?: string; params?: { query?: string } };

function parseCall(body: Buffer): Call | undefined {
  try {
    const call = JSON.parse(body.toString());
    return call !== null && typeof call === 'object' ? call : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the RPC server. */
export function rpcServer(settings: Settings, blocks: Blocks): http.Server {
  const table = methods(settings, blocks);
  const call = (body: Buffer) => {
    const request = parseCall(body);
    if (!request) return failure(-1, -32700, 'Parse error. Invalid JSON');
    const method = table[request.method ?? ''];
    return method
      ? envelope(request.id, method())
      : failure(request.id, -32601, 'Method not found');
  };

  const server = http.createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://chain').pathname;
    if (request.method === 'POST') {
      const answer = call(await readBody(request, 1_000_000));
      return sendJson(response, 'error' in answer ? 500 : 200, answer);
    }
    const method = table[path.slice(1)];
    if (!method) return sendJson(response, 404, failure(-1, -32601, 'Method not found'));
    if (path === '/abci_info') response.setHeader('cache-control', 'public, max-age=86400');
    return sendJson(response, 200, envelope(-1, method()));
  });

  const serve = (socket: Socket) => {
    const stops: (() => void)[] = [];
    const say = (value: unknown) => socket.send(JSON.stringify(value));
    socket.on('message', (data) => {
      const request = parseCall(data);
      if (request?.method !== 'subscribe') return say(call(data));
      const query = request.params?.query ?? '';
      if (query !== "tm.event='NewBlock'" && query !== "tm.event = 'NewBlock'")
        return say(failure(request.id, -32603, 'Internal error', `unsupported query ${query}`));
      say(envelope(request.id, {}));
      const stop = blocks.watch((block) => {
        const value = { block: { header: header(settings, block), data: { txs: [] } } };
        const data = { type: 'tendermint/event/NewBlock', value };
        say(envelope(request.id, { query, data, events: { 'tm.event': ['NewBlock'] } }));
      });
      stops.push(stop);
    });
    socket.on('close', () => {
      for (const stop of stops) stop();
    });
  };
  server.on('upgrade', (request, stream, head) => {
    if (request.url === '/websocket') serve(acceptWebSocket(request, stream, head));
    else refuseUpgrade(stream, 404, 'websockets are at /websocket');
  });
  return server;
}
