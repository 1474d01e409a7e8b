import type { Deployment, Host } from '../deployment.ts';
import { healthModules } from './health-probes.ts';
import { publicModules } from './public-probes.ts';

/**
 * The configuration of the blackbox exporter on a host, as an object for a YAML library.
 * Source: blackbox_exporter, CONFIGURATION.md, v0.27.
 */
export function blackboxConfig(deployment: Deployment, host: Host): object {
  return { modules: { ...publicModules(deployment), ...healthModules(deployment, host) } };
}
