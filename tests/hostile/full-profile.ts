import { DEFAULT_IMAGES } from '../../lib/profile/images.ts';
import { TRANSPORTS } from '../../lib/profile/relayminer-schema.ts';

/** Plain data of a profile. */
export type Data = { [key: string]: Data } | Data[] | string | number | boolean | null;

const ADDRESS = 'pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y';

function backend(transport: string): Data {
  const url = { websocket: 'ws://10.9.0.1:8546', grpc: '10.9.0.1:9000' }[transport];
  const probed = transport !== 'websocket' && transport !== 'grpc';
  return {
    url: url ?? `http://10.9.0.1:8545/${transport}`,
    base_path: `/base-path-${transport}`,
    headers: { [`X-Plain-${transport}`]: `plain-value-${transport}` },
    ...(transport !== 'websocket' && {
      authentication: {
        username: `user-of-${transport}`,
        password: `password-of-${transport}`,
      },
    }),
    ...(probed && {
      health_check: {
        endpoint: `/alive-${transport}`,
        method: 'POST',
        request_body: `request-body-${transport}`,
        content_type: `text/type-${transport}`,
        expected_body: `expected-body-${transport}`,
        headers: { [`X-Probe-${transport}`]: `probe-value-${transport}` },
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
    provider_domain: 'portal.nodes.net',
    provider_public_api_domain: 'provider.nodes.net',
    middleman_domain: 'stake.nodes.net',
    grafana_domain: 'grafana.nodes.net',
    hosts: {
      front: {
        address: 'front.nodes.net',
        user: 'root-of-front',
        identity_file: '/keys/id',
        private_address: '10.0.0.5',
      },
      data: { address: '203.0.113.7', private_address: '10.0.0.4' },
    },
    provider_hosts: ['front'],
    postgres_hosts: ['data'],
    temporal_hosts: ['data'],
    redis_hosts: ['data'],
    relay_relayers: ['front'],
    relay_miners: ['front'],
    reverse_proxy_hosts: ['front'],
    middleman_hosts: ['front'],
    monitoring_hosts: ['data'],
    pocket_cli_hosts: ['data'],
    pocketd: { version: 'v9.9.9', sha256: { amd64: 'a'.repeat(64), arm64: 'b'.repeat(64) } },
    provider: {
      owner_identity: ADDRESS,
      owner_email: 'owner@nodes.net',
      auth_url: 'https://portal-of-nodes.net',
      delegators_url: 'https://cdn.nodes.net/{chainId}/middleman.json',
      notification_egress_allowlist: ['smtp.nodes.net'],
    },
    middleman: {
      owner_identity: ADDRESS,
      owner_email: 'owner-of-middleman@nodes.net',
      providers_url: 'https://cdn.nodes.net/{chainId}/provider.json',
    },
    relayminer: {
      keys_file: 'env:HOSTILE_KEYS',
      services: { anvil: { default_backend: 'rest', backends } },
      gas_price: '0.00002upokt',
      known_applications: ['pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y'],
      relayer: { memory: '1gb', cpus: 2 },
      miner: { memory: '1gb' },
      simulation: { not_after: '2035-06-30T12:00:00Z' },
    },
    redis: { maxmemory: '1gb' },
    postgres: { user: 'owner_of_all', memory: '1gb', max_connections: 200 },
    reverse_proxy: {
      tls: 'acme',
      acme_email: 'tls@nodes.net',
      acme_directory: 'https://acme-of-nodes.net/directory',
      dns_provider: 'hostiledns',
      dns_token: 'env:HOSTILE_DNS',
      provider_admin: {
        allow_from: ['198.51.100.0/24'],
        user: 'user-of-portal',
        password: 'env:HOSTILE_PORTAL',
      },
    },
    firewall: { allow: [{ port: 9100, from: ['192.0.2.0/24'] }] },
    images: {
      ...DEFAULT_IMAGES,
      caddy: 'registry.nodes.net/caddy:2.11.4',
      source: 'registry',
      bundle: '/bundle',
    },
    secrets: {},
  };
}
