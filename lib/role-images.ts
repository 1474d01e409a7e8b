import type { Deployment } from './deployment.ts';
import type { ImageName } from './profile/images.ts';
import type { RoleName } from './profile/roles.ts';

/** The images that each role runs. */
const IMAGES: Partial<Record<RoleName, readonly ImageName[]>> = {
  redis: ['redis'],
  postgres: ['postgres'],
  temporal: ['temporal', 'temporal_admin_tools'],
  provider: ['provider', 'provider_workflows'],
  middleman: ['middleman', 'middleman_workflows'],
  relayminer: ['relayminer'],
  'reverse-proxy': ['caddy'],
  exporters: ['node_exporter', 'redis_exporter', 'postgres_exporter'],
  monitoring: ['prometheus', 'grafana', 'blackbox_exporter', 'alertmanager'],
};

/** The references of the images that a host with these roles runs, each once. */
export function imagesOf(
  { images, profile }: Pick<Deployment, 'images' | 'profile'>,
  roles: readonly RoleName[],
): string[] {
  const names = roles.flatMap((role) => [...(IMAGES[role] ?? []), ...clientsOf(profile, role)]);
  return [...new Set(names.map((name) => images[name]))];
}

/** The images whose clients prepare a managed service for a role, and ask it whether all is well. */
function clientsOf(
  { postgres, temporal }: Deployment['profile'],
  role: RoleName,
): readonly ImageName[] {
  if (!['provider', 'middleman', 'temporal'].includes(role)) return [];
  return [
    ...(postgres.mode === 'external' ? (['postgres'] as const) : []),
    ...(temporal.mode === 'external' ? (['temporal_admin_tools'] as const) : []),
  ];
}
