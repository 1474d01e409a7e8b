import { integer, Message, message, nested, text } from '../../shared/protobuf.ts';
import { callTemporal } from '../client.ts';
import {
  decodeNamespace,
  decodePoller,
  decodeScheduleEntry,
  duration,
  HEALTH_NAME,
  type Namespace,
  type Poller,
  type QueueType,
} from '../messages.ts';

/** Asks the frontend for its health. Throws unless it is serving. */
export async function checkHealth(address: string): Promise<void> {
  await callTemporal(address, '/grpc.health.v1.Health/Check', text(1, HEALTH_NAME));
}

/** One namespace. Throws GrpcError 5 when it does not exist. */
export async function describeNamespace(address: string, name: string): Promise<Namespace> {
  return decodeNamespace(await callTemporal(address, 'DescribeNamespace', text(1, name)));
}

/** All namespaces. */
export async function listNamespaces(address: string): Promise<Namespace[]> {
  const reply = await callTemporal(address, 'ListNamespaces', integer(1, 100));
  return reply.all(1).map((bytes) => decodeNamespace(new Message(bytes)));
}

/** Registers a namespace; retention in seconds. Throws GrpcError 6 when it exists. */
export async function createNamespace(
  address: string,
  namespace: Omit<Namespace, 'id'>,
): Promise<void> {
  const request = message(
    text(1, namespace.name),
    text(2, namespace.description),
    text(3, namespace.ownerEmail),
    duration(4, namespace.retentionSeconds),
  );
  await callTemporal(address, 'RegisterNamespace', request);
}

/** Changes how long a namespace keeps finished workflows, in seconds. Throws GrpcError 5 when it does not exist. */
export async function updateNamespace(
  address: string,
  name: string,
  retentionSeconds: number,
): Promise<void> {
  const request = message(text(1, name), nested(3, duration(1, retentionSeconds)));
  await callTemporal(address, 'UpdateNamespace', request);
}

/** The pollers of one side of a task queue. */
export async function listPollers(
  address: string,
  namespace: string,
  queue: string,
  type: QueueType,
): Promise<Poller[]> {
  const taskQueue = nested(2, message(text(1, queue), integer(2, 1)));
  const request = message(text(1, namespace), taskQueue, integer(3, type));
  return (await callTemporal(address, 'DescribeTaskQueue', request)).all(1).map(decodePoller);
}

/** The schedules of a namespace. */
export async function listSchedules(address: string, namespace: string) {
  const reply = await callTemporal(address, 'ListSchedules', text(1, namespace));
  return reply.all(1).map(decodeScheduleEntry);
}

/** Lists workflows, of which the stand-in never has any. Throws when the namespace does not exist. */
export async function listWorkflows(address: string, namespace: string): Promise<void> {
  await callTemporal(address, 'ListWorkflowExecutions', text(1, namespace));
}
