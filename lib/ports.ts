import type { GroupName } from './profile/roles.ts';

/** A port that a component publishes on its host. */
export interface Port {
  /** The group whose hosts publish it. */
  group: GroupName;
  /** The name that containers of the same host use, on the Docker network `pocket`. */
  alias: string;
  port: number;
  /** Whether the whole internet may reach it. Everything else binds to loopback and the private address. */
  public: boolean;
}

/**
 * Every published port. Sources: igniter, apps/provider/Dockerfile, v0.9 (3001); pocket-relay-miner,
 * relayer/config.go and miner/config.go, v0.1.x (8080 relays, 8081 health, 9090 and 9092 metrics; the miner's health
 * is served on its metrics port).
 */
export const PORTS = {
  redis: { group: 'redis_hosts', alias: 'redis', port: 6379, public: false },
  postgres: { group: 'postgres_hosts', alias: 'postgres', port: 5432, public: false },
  temporal: { group: 'temporal_hosts', alias: 'temporal', port: 7233, public: false },
  'provider-web': { group: 'provider_hosts', alias: 'provider-web', port: 3001, public: false },
  relayer: { group: 'relay_relayers', alias: 'relayer', port: 8080, public: false },
  'relayer-health': { group: 'relay_relayers', alias: 'relayer', port: 8081, public: false },
  'relayer-metrics': { group: 'relay_relayers', alias: 'relayer', port: 9090, public: false },
  miner: { group: 'relay_miners', alias: 'miner', port: 9092, public: false },
  http: { group: 'reverse_proxy_hosts', alias: 'proxy', port: 80, public: true },
  https: { group: 'reverse_proxy_hosts', alias: 'proxy', port: 443, public: true },
} as const satisfies Record<string, Port>;

/** The name of a published port. */
export type PortName = keyof typeof PORTS;
