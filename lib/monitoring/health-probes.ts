import type { Deployment, Host } from '../deployment.ts';
import { type HealthTarget, hostPort } from '../endpoints.ts';
import { PROBE_TIMEOUT } from './public-probes.ts';

/** A service that is asked for its health all the time, at its internal address. */
export interface HealthProbe extends Pick<HealthTarget, 'job' | 'on'> {
  /** The name of the blackbox exporter's module. */
  module: keyof typeof MODULES;
  /** Where the question is sent. */
  target: string;
}

const MODULES = {
  // igniter, apps/{provider,middleman}/src/app/api/health, 0.9: 200 {} after SELECT 1, 500 with an error otherwise.
  'igniter-health': {
    prober: 'http',
    timeout: PROBE_TIMEOUT,
    http: {
      preferred_ip_protocol: 'ip4',
      follow_redirects: false,
      valid_status_codes: [200],
      fail_if_body_not_matches_regexp: ['^\\{\\}\\s*$'],
    },
  },
  // temporal, service/frontend/workflow_handler.go, v1.28: SERVING under this name while the frontend takes calls.
  'temporal-health': {
    prober: 'grpc',
    timeout: PROBE_TIMEOUT,
    grpc: {
      preferred_ip_protocol: 'ip4',
      service: 'temporal.api.workflowservice.v1.WorkflowService',
    },
  },
} as const;

/** What a deployment runs that has no metrics, as the blackbox exporter on a host asks it for its health. */
export function healthProbes(deployment: Deployment, from: Host): HealthProbe[] {
  return deployment.healthTargets(from).map((one) => ({
    job: one.job,
    on: one.on,
    ...(one.job === 'temporal'
      ? { module: 'temporal-health', target: hostPort(one) }
      : { module: 'igniter-health', target: `http://${hostPort(one)}/api/health` }),
  }));
}

/** How a blackbox exporter on a host asks for health: those of its modules that are used, by their names. */
export function healthModules(deployment: Deployment, from: Host): Record<string, object> {
  return Object.fromEntries(
    healthProbes(deployment, from).map(({ module }) => [module, MODULES[module]]),
  );
}
