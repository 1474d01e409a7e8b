import type { GroupName, RoleName } from './profile/roles.ts';

/** A port that a component publishes on its host. */
export interface Port {
  /** The role that publishes it. */
  role: RoleName;
  /** The group whose hosts publish it; every host with the role where absent. */
  group?: GroupName;
  /** The name that containers of the same host use, on the Docker network `pocket`. */
  alias: string;
  port: number;
  /** Whether the whole internet may reach it. Everything else binds to loopback and the private address. */
  public: boolean;
}

const PUBLISHED = {
  redis: port('redis', 'redis_hosts', 6379),
  sentinel: port('redis', 'redis_hosts', 26379),
  postgres: port('postgres', 'postgres_hosts', 5432),
  temporal: port('temporal', 'temporal_hosts', 7233),
  'provider-web': port('provider', 'provider_hosts', 3001),
  'middleman-web': port('middleman', 'middleman_hosts', 3000),
  relayer: port('relayminer', 'relay_relayers', 8080),
  'relayer-health': port('relayminer', 'relay_relayers', 8081, 'relayer'),
  'relayer-metrics': port('relayminer', 'relay_relayers', 9090, 'relayer'),
  miner: port('relayminer', 'relay_miners', 9092),
  http: open('reverse-proxy', 'reverse_proxy_hosts', 80, 'proxy'),
  https: open('reverse-proxy', 'reverse_proxy_hosts', 443, 'proxy'),
  prometheus: port('monitoring', 'monitoring_hosts', 9091),
  grafana: port('monitoring', 'monitoring_hosts', 3002),
  'node-exporter': port('exporters', undefined, 9100),
  'redis-exporter': port('exporters', 'redis_hosts', 9121),
  'postgres-exporter': port('exporters', 'postgres_hosts', 9187),
};

/** The name of a published port. */
export type PortName = keyof typeof PUBLISHED;

/**
 * Every published port. Sources: igniter, apps/provider/Dockerfile and apps/middleman/Dockerfile, v0.9 (3001, 3000);
 * pocket-relay-miner, relayer/config.go and miner/config.go, v0.1.x (8080 relays, 8081 health, 9090 and 9092 metrics;
 * the miner's health is served on its metrics port). Prometheus is at 9091, since relayers have its own 9090; Grafana at
 * 3002, since Middleman has its own 3000. Sentinel and the exporters have their projects' own ports.
 */
export const PORTS = Object.fromEntries(
  Object.entries(PUBLISHED).map(([name, one]) => [name, { ...one, alias: one.alias ?? name }]),
) as Record<PortName, Port>;

/** Their names. */
export const PORT_NAMES = Object.keys(PORTS) as PortName[];

type Given = Omit<Port, 'alias'> & { alias?: string };

function port(role: RoleName, group: GroupName | undefined, number: number, alias?: string): Given {
  return { role, group, port: number, alias, public: false };
}

function open(role: RoleName, group: GroupName, number: number, alias: string): Given {
  return { role, group, port: number, alias, public: true };
}
