/**
 * The images a deployment runs unless its profile says otherwise: every one with an exact tag, because a tag that
 * moves would change a host without anybody having asked for it.
 *
 * Redis 8.10 is what the released RelayMiner demands at start (pocket-relay-miner v0.1.x); Temporal and its tools are
 * the pins of Igniter's own compose files (igniter, docker-compose/dependencies); the Igniter images carry a bare
 * version, RelayMiner's one with a `v`. Caddy up to 2.11.1 loses a relay whose first relayer cannot be reached, though
 * another is there (caddyserver/caddy, issue 7546). The exporter of Redis is the build on Alpine, since the other one has
 * nothing but the exporter in it, and so nothing that could check its health.
 */
export const DEFAULT_IMAGES = {
  redis: 'docker.io/library/redis:8.10.1-alpine',
  postgres: 'docker.io/library/postgres:16.10-alpine',
  temporal: 'docker.io/temporalio/auto-setup:1.28.1.0',
  temporal_admin_tools: 'docker.io/temporalio/admin-tools:1.28.1-tctl-1.18.4-cli-1.4.1',
  provider: 'ghcr.io/pokt-network/provider:0.9.0',
  provider_workflows: 'ghcr.io/pokt-network/provider-workflows:0.9.0',
  relayminer: 'ghcr.io/pokt-network/pocket-relay-miner:v0.1.6',
  middleman: 'ghcr.io/pokt-network/middleman:0.9.0',
  middleman_workflows: 'ghcr.io/pokt-network/middleman-workflows:0.9.0',
  caddy: 'docker.io/library/caddy:2.11.4-alpine',
  prometheus: 'docker.io/prom/prometheus:v3.5.0',
  alertmanager: 'docker.io/prom/alertmanager:v0.28.1',
  grafana: 'docker.io/grafana/grafana:12.1.1',
  node_exporter: 'docker.io/prom/node-exporter:v1.9.1',
  redis_exporter: 'docker.io/oliver006/redis_exporter:v1.74.0-alpine',
  postgres_exporter: 'docker.io/prometheuscommunity/postgres-exporter:v0.17.1',
  blackbox_exporter: 'docker.io/prom/blackbox-exporter:v0.27.0',
} as const;

/** The name of an image in a profile's `images`. */
export type ImageName = keyof typeof DEFAULT_IMAGES;

/**
 * The tag of an image reference, without a digest; `undefined` when the reference has none.
 * A colon before the last slash is a registry's port, not a tag.
 */
export function imageTag(reference: string): string | undefined {
  const name = reference.split('@')[0]!;
  const last = name.slice(name.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 ? undefined : last.slice(colon + 1);
}

/**
 * The oldest Redis the RelayMiner of this image starts with: 8.10 for the released line (v0.1.0 and newer, which
 * refuses anything older at start), 8.2 for every other tag (branches, commits, `0.0.x`), whose newest command,
 * XACKDEL, arrived in 8.2. Source: pocket-relay-miner, transport/redis, v0.1.x and commit ad37bcbd.
 */
export function redisFloor(relayminerImage: string): '8.10' | '8.2' {
  const version = /^v?(\d+)\.(\d+)\.\d+/.exec(imageTag(relayminerImage) ?? '');
  if (!version) return '8.2';
  return Number(version[1]) > 0 || Number(version[2]) > 0 ? '8.10' : '8.2';
}
