import type { Deployment } from './deployment.ts';
import type { PortName } from './ports.ts';
import type { ImageName } from './profile/images.ts';
import type { GroupName, RoleName } from './profile/roles.ts';

/** A service of a compose project `pocket-<stack>`, and where it should be found. */
export interface StackService {
  /** The role that makes it. */
  role: RoleName;
  stack: string;
  image: ImageName;
  /** The group whose hosts run it; any where absent. */
  group?: GroupName;
  /** The port that a host publishes when it runs it; not asked where absent. */
  port?: PortName;
  /** Whether a deployment has it at all; every one where absent. */
  wanted?(deployment: Deployment): boolean;
  /** Whether it ends by itself, with exit status 0. */
  oneShot?: boolean;
}

const POSTGRES = { role: 'postgres', stack: 'postgres', group: 'postgres_hosts' } as const;
const TEMPORAL = { role: 'temporal', stack: 'temporal', group: 'temporal_hosts' } as const;
const PROVIDER = { role: 'provider', stack: 'provider', group: 'provider_hosts' } as const;
const MIDDLEMAN = { role: 'middleman', stack: 'middleman', group: 'middleman_hosts' } as const;
const PROXY = { role: 'reverse-proxy', stack: 'reverse-proxy' } as const;
const RELAYMINER = { role: 'relayminer', stack: 'relayminer', image: 'relayminer' } as const;
const REDIS = { role: 'redis', group: 'redis_hosts', image: 'redis' } as const;
const EXPORTERS = { role: 'exporters', stack: 'exporters' } as const;
const MONITORING = { role: 'monitoring', stack: 'monitoring', group: 'monitoring_hosts' } as const;

/** Every service of every stack, in the order in which they are told about. */
export const STACK_SERVICES = {
  redis: { ...REDIS, stack: 'redis' },
  sentinel: { ...REDIS, stack: 'redis-sentinel', port: 'sentinel' },
  postgres: { ...POSTGRES, image: 'postgres' },
  temporal: { ...TEMPORAL, image: 'temporal' },
  'provider-migration': { ...PROVIDER, image: 'provider', oneShot: true },
  'provider-web': { ...PROVIDER, image: 'provider' },
  'provider-workflows': { ...PROVIDER, image: 'provider_workflows' },
  'middleman-migration': { ...MIDDLEMAN, image: 'middleman', oneShot: true },
  'middleman-web': { ...MIDDLEMAN, image: 'middleman' },
  'middleman-workflows': { ...MIDDLEMAN, image: 'middleman_workflows' },
  relayer: { ...RELAYMINER, group: 'relay_relayers' },
  miner: { ...RELAYMINER, group: 'relay_miners' },
  caddy: { ...PROXY, group: 'reverse_proxy_hosts', image: 'caddy' },
  'node-exporter': { ...EXPORTERS, port: 'node-exporter', image: 'node_exporter' },
  'redis-exporter': { ...EXPORTERS, port: 'redis-exporter', image: 'redis_exporter' },
  'postgres-exporter': { ...EXPORTERS, port: 'postgres-exporter', image: 'postgres_exporter' },
  prometheus: { ...MONITORING, image: 'prometheus' },
  grafana: { ...MONITORING, image: 'grafana' },
  blackbox: { ...MONITORING, image: 'blackbox_exporter' },
  alertmanager: {
    ...MONITORING,
    image: 'alertmanager',
    wanted: ({ profile }) => profile.monitoring.alerts.length > 0,
  },
} as const satisfies Record<string, StackService>;

/** A service, as its compose file calls it. */
export type ServiceName = keyof typeof STACK_SERVICES;

/** The container that Docker Compose makes of a service. */
export function containerOf(service: ServiceName): string {
  return `pocket-${STACK_SERVICES[service].stack}-${service}-1`;
}
