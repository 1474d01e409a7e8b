import type { Deployment } from '../deployment.ts';
import { imagesOf } from './role-images.ts';

/**
 * The images among those the hosts run that are not the published ones, each once: `standin/…` only behaves like the
 * software it is named after, `debian/…` is the real software, built for the lab from Debian's packages.
 */
export function usesStandIns(deployment: Deployment): string[] {
  const run = deployment.hosts.flatMap((host) => imagesOf(deployment, host));
  return [...new Set(run)].filter((image) => /^(?:standin|debian)\//.test(image));
}
