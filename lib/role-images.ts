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
  deployment: Pick<Deployment, 'images'>,
  roles: readonly RoleName[],
): string[] {
  const names = roles.flatMap((role) => IMAGES[role] ?? []);
  return [...new Set(names.map((name) => deployment.images[name]))];
}
