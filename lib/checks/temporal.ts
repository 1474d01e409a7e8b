import { PORTS } from '../ports.ts';
import { grpcProbe, grpcRefusal, grpcVerdict } from '../probes/grpc.ts';
import { fieldOf, numberOf, textField } from '../probes/protobuf.ts';
import type { RoleName } from '../profile/roles.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { mend, rerun } from '../validation/fixes.ts';
import { fail, pass, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/** The path of Temporal's service. */
export const TEMPORAL_SERVICE = '/temporal.api.workflowservice.v1.WorkflowService';
/** Who uses which namespace of an external server, which need not have been set up by that image. */
const NAMESPACE_OF = [
  ['provider_hosts', 'provider'],
  ['middleman_hosts', 'middleman'],
] as const;

/**
 * `provider` and `middleman` are those applications' (igniter, docker-compose, 0.9); the image's own health check needs
 * `default`.
 */
function ownNamespaces({ deployment }: CheckContext): string[] {
  const middleman = deployment.group('middleman_hosts').length > 0;
  return ['provider', ...(middleman ? ['middleman'] : []), 'default'];
}

/**
 * Temporal, asked in its own gRPC: ours on its own host, an external one from the hosts that use it. Field numbers: temporalio/api, temporal/api/workflowservice/v1/request_response.proto,
 * v1.54 (GetSystemInfoResponse.server_version 1, DescribeNamespaceRequest.namespace 1).
 */
export function temporalChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const external = deployment.profile.temporal.mode === 'external';
  const using = NAMESPACE_OF.filter(([group]) => isIn(context, group));
  if (external ? using.length === 0 : !isIn(context, 'temporal_hosts')) return [];
  const address = external ? deployment.temporalAddress(host) : `127.0.0.1:${PORTS.temporal.port}`;
  const namespaces: readonly (readonly [RoleName, string])[] = external
    ? using.map(([, name]) => [name, name])
    : ownNamespaces(context).map((name) => ['temporal', name]);
  // The image itself makes `default`, and an external server keeps what its operator says.
  const hours = (namespace: string) =>
    external || namespace === 'default' ? undefined : deployment.profile.temporal.retention_hours;
  const call = (method: string, message?: Buffer) =>
    grpcProbe({
      address,
      insecure: true,
      method: `${TEMPORAL_SERVICE}/${method}`,
      ...(message && { message }),
    });
  return [
    {
      id: 'temporal.reachable',
      group: 'temporal',
      severity: 'critical',
      title: external
        ? 'The external Temporal answers, without TLS'
        : 'Temporal answers at its port',
      host,
      probe: call('GetSystemInfo'),
      fix: external
        ? `temporal.address in the profile (now ${address}), or who may reach that server`
        : mend(deployment, host, 'temporal'),
      judge: (result) =>
        grpcVerdict(result, (answer) =>
          answer.status === 0
            ? pass(`version ${fieldOf(answer.response, 1)?.toString() || 'unknown'}`)
            : fail(grpcRefusal(answer)),
        ),
    },
    ...namespaces.map(
      ([role, namespace]): Check => ({
        id: `temporal.namespace-${namespace}`,
        group: 'temporal',
        severity: 'critical',
        title: `The namespace ${namespace} exists`,
        host,
        probe: call('DescribeNamespace', textField(1, namespace)),
        fix:
          role === 'temporal' ? mend(deployment, host, 'temporal') : rerun(deployment, role, host),
        judge: (result) =>
          grpcVerdict(result, (answer) => {
            if (answer.status === 0) return retentionVerdict(answer.response, hours(namespace));
            return fail(answer.status === 5 ? 'there is no such namespace' : grpcRefusal(answer));
          }),
      }),
    ),
  ];
}

/**
 * Judges a response to DescribeNamespace: its config is 2, therein workflow_execution_retention_ttl 1, a duration whose
 * seconds are 1 (temporalio/api, temporal/api/namespace/v1/message.proto, v1.54).
 */
export function retentionVerdict(response: Buffer, hours: number | undefined): Verdict {
  const ttl = fieldOf(fieldOf(response, 2) ?? Buffer.alloc(0), 1);
  const seconds = ttl ? numberOf(ttl, 1) : 0;
  const evidence = `it keeps finished workflows for ${seconds / 3600} hours`;
  return hours === undefined || seconds === hours * 3600
    ? pass(evidence)
    : warn(`${evidence}; the profile says ${hours}`);
}
