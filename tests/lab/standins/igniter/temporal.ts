import { setTimeout as sleep } from 'node:timers/promises';
import { GrpcError, grpcStatus } from '../shared/grpc.ts';
import { message, nested, text } from '../shared/protobuf.ts';
import { callTemporal } from '../temporal/client.ts';
import { duration, encodeSchedule, type Schedule } from '../temporal/messages.ts';
import type { Log } from './log.ts';

/** The frontend (`host:port`), and what the worker does there under which name. */
export interface Target {
  address: string;
  namespace: string;
  taskQueue: string;
  identity: string;
}

/** How long the real worker waits after it registered a namespace, for the server's cache. */
const NAMESPACE_CACHE_MS = 20_000;

/** A little longer than the server holds an empty long poll. */
const POLL_TIMEOUT_MS = 70_000;

const RETRY_MS = 1000;

/** False for status NOT_FOUND; any other failure is thrown. */
async function exists(target: Target, method: string, request: Buffer): Promise<boolean> {
  try {
    await callTemporal(target.address, method, request);
    return true;
  } catch (error) {
    if (error instanceof GrpcError && error.code === grpcStatus.notFound) return false;
    throw error;
  }
}

/**
 * Makes sure that the namespace exists. The retention is parsed as whole seconds, so a value such as
 * `3d`, the default, means three seconds, which the server refuses.
 */
export async function ensureNamespace(target: Target, retention: string, log: Log): Promise<void> {
  const name = text(1, target.namespace);
  if (await exists(target, 'DescribeNamespace', name)) {
    return log('info', 'Namespace already exists. Skipping registration...');
  }
  log('info', 'Namespace does not exist. Registering...', { namespace: target.namespace });
  const request = message(name, duration(4, Number.parseInt(retention, 10)));
  await callTemporal(target.address, 'RegisterNamespace', request);
  await sleep(NAMESPACE_CACHE_MS);
}

/** Creates the schedules that are missing. */
export async function ensureSchedules(
  target: Target,
  schedules: Schedule[],
  log: Log,
): Promise<void> {
  for (const schedule of schedules) {
    const id = message(text(1, target.namespace), text(2, schedule.id));
    if (await exists(target, 'DescribeSchedule', id)) {
      log('info', 'Scheduled workflow already exists. Skipping...', { schedule: schedule.id });
      continue;
    }
    log('info', 'Scheduled workflow does not exist. Registering...', { schedule: schedule.id });
    const request = message(id, nested(3, encodeSchedule(schedule)));
    await callTemporal(target.address, 'CreateSchedule', request);
  }
}

/** Polls one side of the task queue until the process ends. The stand-in server never has tasks. */
export async function pollForever(
  target: Target,
  method: 'PollWorkflowTaskQueue' | 'PollActivityTaskQueue',
  log: Log,
): Promise<never> {
  const queue = nested(2, text(1, target.taskQueue));
  const request = message(text(1, target.namespace), queue, text(3, target.identity));
  for (;;) {
    try {
      await callTemporal(target.address, method, request, POLL_TIMEOUT_MS);
    } catch (error) {
      log('warning', 'Polling failed. Retrying...', { method, error: String(error) });
      await sleep(RETRY_MS);
    }
  }
}
