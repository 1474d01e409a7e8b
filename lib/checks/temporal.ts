import type { Check } from '../check.ts';
import { logs, rerun } from '../fixes.ts';
import { PORTS } from '../ports.ts';
import { grpcProbe, grpcRefusal, grpcVerdict } from '../probes/grpc.ts';
import { fieldOf, textField } from '../probes/protobuf.ts';
import { fail, pass } from '../verdict.ts';
import { type CheckContext, isIn } from './context.ts';

const SERVICE = '/temporal.api.workflowservice.v1.WorkflowService';
/** `provider` is the Provider's (igniter, docker-compose, 0.9); the image's own health check needs `default`. */
const NAMESPACES = ['provider', 'default'];

/**
 * Temporal, asked in its own gRPC. Field numbers: temporalio/api, temporal/api/workflowservice/v1/request_response.proto,
 * v1.54 (GetSystemInfoResponse.server_version 1, DescribeNamespaceRequest.namespace 1).
 */
export function temporalChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  if (!isIn(context, 'temporal_hosts')) return [];
  const address = `127.0.0.1:${PORTS.temporal.port}`;
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
      title: 'Temporal answers at its port',
      host,
      probe: call('GetSystemInfo'),
      fix: logs(deployment, host, 'temporal', 'temporal'),
      judge: (result) =>
        grpcVerdict(result, (answer) =>
          answer.status === 0
            ? pass(`version ${fieldOf(answer.response, 1)?.toString() || 'unknown'}`)
            : fail(grpcRefusal(answer)),
        ),
    },
    ...NAMESPACES.map(
      (namespace): Check => ({
        id: `temporal.namespace-${namespace}`,
        group: 'temporal',
        title: `The namespace ${namespace} exists`,
        host,
        probe: call('DescribeNamespace', textField(1, namespace)),
        fix: rerun(deployment, 'temporal', host),
        judge: (result) =>
          grpcVerdict(result, (answer) => {
            if (answer.status === 0) return pass('it exists');
            return fail(answer.status === 5 ? 'there is no such namespace' : grpcRefusal(answer));
          }),
      }),
    ),
  ];
}
