import type { Deployment, Host } from '../deployment.ts';
import { runsExporter } from '../monitoring/exporters.ts';
import type { ImageName } from '../profile/images.ts';
import type { RoleName } from '../profile/roles.ts';

/** The images that each role runs. */
const IMAGES: Partial<Record<RoleName, readonly ImageName[]>> = {
  redis: ['redis'],
  postgres: ['postgres'],
  temporal: ['temporal', 'temporal_admin_tools'],
  // Their databases are made at a managed server, or saved before an upgrade, with PostgreSQL's own client.
  provider: ['provider', 'provider_workflows', 'postgres'],
  middleman: ['middleman', 'middleman_workflows', 'postgres'],
  relayminer: ['relayminer'],
  'reverse-proxy': ['caddy'],
  monitoring: ['prometheus', 'grafana', 'blackbox_exporter'],
};

/** The references of the images that roles of a host run, each once. */
export function imagesOf(
  deployment: Deployment,
  host: Host,
  roles: readonly RoleName[] = host.roles,
): string[] {
  const names = roles.flatMap((role) => [
    ...(IMAGES[role] ?? []),
    ...(role === 'exporters' ? exportersOf(deployment, host) : []),
    ...(role === 'monitoring' && deployment.profile.monitoring.alerts.length > 0
      ? (['alertmanager'] as const)
      : []),
    ...clientsOf(deployment.profile, role),
  ]);
  return [...new Set(names.map((name) => deployment.images[name]))];
}

function exportersOf(deployment: Deployment, host: Host): readonly ImageName[] {
  return [
    'node_exporter',
    ...(runsExporter(deployment, host, 'redis-exporter') ? (['redis_exporter'] as const) : []),
    ...(runsExporter(deployment, host, 'postgres-exporter')
      ? (['postgres_exporter'] as const)
      : []),
  ];
}

/** The images whose clients prepare a managed service for a role, and ask it whether all is well. */
function clientsOf(
  { postgres, temporal }: Deployment['profile'],
  role: RoleName,
): readonly ImageName[] {
  if (!['provider', 'middleman', 'temporal'].includes(role)) return [];
  return [
    ...(role === 'temporal' && postgres.mode === 'external' ? (['postgres'] as const) : []),
    ...(temporal.mode === 'external' ? (['temporal_admin_tools'] as const) : []),
  ];
}
