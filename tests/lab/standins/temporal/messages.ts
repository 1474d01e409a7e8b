/**
 * The few messages of Temporal's API that the stand-in speaks, with the field numbers of
 * temporalio/api (temporal/api/{workflowservice,namespace,taskqueue,schedule}/v1, read at
 * commit 00339319 for the service and at the neighbouring ones for the rest).
 */
import { integer, Message, message, nested, text } from '../shared/protobuf.ts';

/** Path prefix of the methods of the frontend service. */
export const WORKFLOW_SERVICE = '/temporal.api.workflowservice.v1.WorkflowService/';

/** Name by which the frontend answers health checks. */
export const HEALTH_NAME = 'temporal.api.workflowservice.v1.WorkflowService';

/** A namespace as stored; retention in seconds. */
export interface Namespace {
  id: string;
  name: string;
  description: string;
  ownerEmail: string;
  retentionSeconds: number;
}

/** A schedule with one interval, in seconds, that starts one workflow type. */
export interface Schedule {
  id: string;
  workflowType: string;
  taskQueue: string;
  intervalSeconds: number;
}

/** Who polled a task queue last, and when (milliseconds since the epoch). */
export interface Poller {
  identity: string;
  lastAccess: number;
}

/** 1 is the workflow queue, 2 the activity queue (temporal.api.enums.v1.TaskQueueType). */
export type QueueType = 1 | 2;

/** A google.protobuf.Duration or Timestamp: whole seconds 1, nanoseconds 2. */
export function duration(field: number, seconds: number): Buffer {
  const nanoseconds = Math.round((seconds % 1) * 1e9);
  return nested(field, message(integer(1, Math.floor(seconds)), integer(2, nanoseconds)));
}

/** Seconds of such a field, 0 when absent. */
export function readDuration(fields: Message | undefined, field: number): number {
  const value = fields?.nested(field);
  return value ? Number(value.integer(1)) + Number(value.integer(2)) / 1e9 : 0;
}

/** DescribeNamespaceResponse: info 1, config 2, replication 3. State 1 is registered. */
export function encodeNamespace(namespace: Namespace): Buffer {
  const info = message(
    text(1, namespace.name),
    integer(2, 1),
    text(3, namespace.description),
    text(4, namespace.ownerEmail),
    text(6, namespace.id),
  );
  return message(
    nested(1, info),
    nested(2, duration(1, namespace.retentionSeconds)),
    nested(3, message(text(1, 'active'), nested(2, text(1, 'active')))),
  );
}

/** The inverse of encodeNamespace. */
export function decodeNamespace(fields: Message): Namespace {
  const info = fields.nested(1);
  return {
    id: info?.text(6) ?? '',
    name: info?.text(1) ?? '',
    description: info?.text(3) ?? '',
    ownerEmail: info?.text(4) ?? '',
    retentionSeconds: readDuration(fields.nested(2), 1),
  };
}

function interval(seconds: number): Buffer {
  return nested(1, nested(2, duration(1, seconds)));
}

/** schedule.v1.Schedule: spec 1 with interval 2, action 2 with start_workflow 1 (type 2, queue 3). */
export function encodeSchedule(schedule: Schedule): Buffer {
  const workflow = message(
    nested(2, text(1, schedule.workflowType)),
    nested(3, text(1, schedule.taskQueue)),
  );
  return message(interval(schedule.intervalSeconds), nested(2, nested(1, workflow)));
}

/** The inverse of encodeSchedule for the schedule called `id`. */
export function decodeSchedule(id: string, fields: Message | undefined): Schedule {
  const workflow = fields?.nested(2)?.nested(1);
  return {
    id,
    workflowType: workflow?.nested(2)?.text(1) ?? '',
    taskQueue: workflow?.nested(3)?.text(1) ?? '',
    intervalSeconds: readDuration(fields?.nested(1)?.nested(2), 1),
  };
}

/** ScheduleListEntry: id 1, info 4 with spec 1 and workflow type 2. */
export function encodeScheduleEntry(schedule: Schedule): Buffer {
  const info = message(
    interval(schedule.intervalSeconds),
    nested(2, text(1, schedule.workflowType)),
  );
  return message(text(1, schedule.id), nested(4, info));
}

/** The inverse of encodeScheduleEntry; a list entry does not name the task queue. */
export function decodeScheduleEntry(bytes: Buffer): Omit<Schedule, 'taskQueue'> {
  const fields = new Message(bytes);
  const info = fields.nested(4);
  return {
    id: fields.text(1),
    workflowType: info?.nested(2)?.text(1) ?? '',
    intervalSeconds: readDuration(info?.nested(1)?.nested(2), 1),
  };
}

/** PollerInfo: last access 1 (Timestamp), identity 2. */
export function encodePoller(poller: Poller): Buffer {
  return message(duration(1, poller.lastAccess / 1000), text(2, poller.identity));
}

/** The inverse of encodePoller. */
export function decodePoller(bytes: Buffer): Poller {
  const fields = new Message(bytes);
  return { identity: fields.text(2), lastAccess: readDuration(fields, 1) * 1000 };
}
