import { TRANSPORTS } from '../../lib/profile/relayminer-schema.ts';

/** Plain data of a profile. */
export type Data = { [key: string]: Data } | Data[] | string | number | boolean | null;

const ADDRESS = 'pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y';

function backend(transport: string): Data {
  const url = { websocket: 'ws://10.9.0.1:8546', grpc: '10.9.0.1:9000' }[transport];
  const probed = transport !== 'websocket' && transport !== 'grpc';
  return {
    url: url ?? 'http://10.9.0.1:8545/v1',
    base_path: '/base',
    headers: { 'X-Plain': 'plain' },
    ...(transport !== 'websocket' && {
      authentication: { username: 'node-user', password: 'node-password' },
    }),
    ...(probed && {
      health_check: {
        endpoint: '/health',
        method: 'POST',
        request_body: '{"id": 1}',
        content_type: 'application/json',
        expected_body: 'result',
        headers: { 'X-Probe': 'probe' },
      },
    }),
    chain_id: '0x1',
  };
}

/** A good profile of two hosts that uses every part of the schema. */
export function fullProfile(): { [key: string]: Data } {
  const backends = Object.fromEntries(TRANSPORTS.map((name) => [name, backend(name)]));
  return {
    name: 'hostile',
    pocket_network: 'beta',
    pocket_chain_id: 'pocket-test',
    pocket_rpc_url: 'https://rpc.nodes.net',
    pocket_grpc_address: 'grpc.nodes.net:443',
    pocket_api_url: 'https://api.nodes.net',
    indexer_url: 'https://indexer.nodes.net',
    relay_public_domain: 'relay.nodes.net',
    hosts: {
      front: { address: 'front.nodes.net', user: 'root', private_address: '10.0.0.5' },
      data: { address: '203.0.113.7', identity_file: '/keys/id', private_address: '10.0.0.4' },
    },
    provider_hosts: ['front'],
    postgres_hosts: ['data'],
    temporal_hosts: ['data'],
    redis_hosts: ['data'],
    relay_relayers: ['front'],
    relay_miners: ['front'],
    reverse_proxy_hosts: ['front'],
    provider: {
      owner_identity: ADDRESS,
      owner_email: 'owner@nodes.net',
      auth_url: 'https://portal.nodes.net',
      delegators_url: 'https://cdn.nodes.net/{chainId}/middleman.json',
    },
    relayminer: {
      keys_file: 'env:HOSTILE_KEYS',
      services: { eth: { default_backend: 'rest', backends } },
      known_applications: [ADDRESS],
    },
    redis: { maxmemory: '1gb' },
    postgres: { user: 'igniter', memory: '1gb' },
    reverse_proxy: { tls: 'acme', acme_email: 'tls@nodes.net' },
    images: { source: 'registry', bundle: '/bundle' },
    secrets: {},
  };
}
