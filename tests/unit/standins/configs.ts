/** Configurations that both lines accept, to be changed by one thing per test. */
import type { Line } from '../../lab/standins/relayminer/line.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests change configurations into wrong shapes on purpose
export type Loose = any;

/** Well-known development keys; their addresses are derived in the tests. */
export const privateKeys = ['11'.repeat(32), '22'.repeat(32)];

/** A relayer configuration. */
export function relayerConfig(): Loose {
  return {
    listen_addr: '127.0.0.1:8080',
    redis: { url: 'redis://127.0.0.1:6379' },
    pocket_node: {
      query_node_rpc_url: 'http://127.0.0.1:26657',
      query_node_grpc_url: '127.0.0.1:9090',
      grpc_insecure: true,
    },
    keys: { keys_file: '/keys/keys.yaml' },
    pprof: { enabled: false },
    default_validation_mode: 'eager',
    services: {
      eth: {
        backends: {
          jsonrpc: { url: 'http://127.0.0.1:8545' },
          websocket: { url: 'ws://127.0.0.1:8545' },
        },
      },
    },
  };
}

/** A miner configuration. */
export function minerConfig(): Loose {
  const { redis, keys, pocket_node } = relayerConfig();
  return {
    redis,
    keys,
    pocket_node: { ...pocket_node, chain_id: 'pocket-lego-testnet' },
    block_time_seconds: 30,
  };
}

/** One thing that is wrong, and what the error must say; `only` when the other line accepts it. */
export type Case = { name: string; change: (config: Loose) => void; error: RegExp; only?: Line };
