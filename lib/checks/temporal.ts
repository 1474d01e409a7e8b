import type { Check } from '../check.ts';
import { logs, rerun } from '../fixes.ts';
import { PORTS } from '../ports.ts';
import { grpcProbe, grpcRefusal, grpcVerdict } from '../probes/grpc.ts';
import { fieldOf, textField } from '../probes/protobuf.ts';
import type { RoleName } from '../profile/roles.ts';
import { fail, pass } from '../verdict.ts';
import { type CheckContext, isIn } from './context.ts';

const SERVICE = '/temporal.api.workflowservice.v1.WorkflowService';
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
  const call = (method: string, message?: Buffer) =>
    grpcProbe({
      address,
      insecure: true,
      method: `${SERVICE}/${method}`,
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
        : logs(deployment, host, 'temporal', 'temporal'),
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
        fix: rerun(deployment, role, host),
        judge: (result) =>
          grpcVerdict(result, (answer) => {
            if (answer.status === 0) return pass('it exists');
            return fail(answer.status === 5 ? 'there is no such namespace' : grpcRefusal(answer));
          }),
      }),
    ),
  ];
}
