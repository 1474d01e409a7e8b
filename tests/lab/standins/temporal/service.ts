import { GrpcError, grpcStatus, type Methods, type UnaryHandler } from '../shared/grpc.ts';
import { integer, Message, message, nested, text } from '../shared/protobuf.ts';
import {
  decodeSchedule,
  encodeNamespace,
  encodePoller,
  encodeSchedule,
  encodeScheduleEntry,
  HEALTH_NAME,
  type QueueType,
  readDuration,
  WORKFLOW_SERVICE,
} from './messages.ts';
import type { Pollers } from './pollers.ts';
import type { Store } from './store.ts';

/** Version that the server reports: the upstream line it stands in for, marked as a stand-in. */
export const SERVER_VERSION = '1.28.1-standin';

type Method = (request: Message) => Buffer | Promise<Buffer>;

const NOTHING = Buffer.alloc(0);

function queueName(request: Message): string {
  const queue = request.nested(2)?.text(1);
  if (!queue) {
    throw new GrpcError(grpcStatus.invalidArgument, 'TaskQueue is not set on request.');
  }
  return queue;
}

function poll(store: Store, pollers: Pollers, type: QueueType): Method {
  return async (request) => {
    const namespace = request.text(1);
    await store.namespace(namespace);
    await pollers.poll(namespace, queueName(request), type, request.text(3));
    return NOTHING;
  };
}

function describeTaskQueue(store: Store, pollers: Pollers): Method {
  return async (request) => {
    const namespace = request.text(1);
    await store.namespace(namespace);
    if (request.integer(5) !== 0n) {
      throw new GrpcError(grpcStatus.unimplemented, 'the stand-in knows the default mode only');
    }
    const type: QueueType = request.integer(3) === 2n ? 2 : 1;
    const found = pollers.list(namespace, queueName(request), type);
    return message(...found.map((one) => nested(1, encodePoller(one))));
  };
}

function health(request: Message): Buffer {
  if (!['', HEALTH_NAME].includes(request.text(1))) {
    throw new GrpcError(grpcStatus.notFound, 'unknown service');
  }
  return integer(1, 1);
}

/** Decodes the request; whatever fails without a status of its own, such as PostgreSQL, is status 14. */
function unary(method: Method): UnaryHandler {
  return async (request) => {
    try {
      return await method(new Message(request));
    } catch (error) {
      throw error instanceof GrpcError
        ? error
        : new GrpcError(grpcStatus.unavailable, String(error));
    }
  };
}

/** The methods of the stand-in server, by gRPC path. */
export function service(store: Store, pollers: Pollers): Methods {
  const methods: Record<string, Method> = {
    GetSystemInfo: () =>
      message(text(1, SERVER_VERSION), nested(2, message(integer(2, 1), integer(4, 1)))),
    GetClusterInfo: () =>
      message(
        text(2, SERVER_VERSION),
        text(5, 'active'),
        integer(6, 4),
        text(7, 'postgres12_pgx'),
        text(8, 'postgres12_pgx'),
      ),
    ListNamespaces: async () =>
      message(...(await store.namespaces()).map((one) => nested(1, encodeNamespace(one)))),
    DescribeNamespace: async (request) =>
      encodeNamespace(await store.namespace(request.text(1), request.text(2))),
    RegisterNamespace: async (request) => {
      await store.register({
        name: request.text(1),
        description: request.text(2),
        ownerEmail: request.text(3),
        retentionSeconds: readDuration(request, 4),
      });
      return NOTHING;
    },
    UpdateNamespace: async (request) => {
      const config = request.nested(3);
      await store.setRetention(request.text(1), readDuration(config, 1));
      return encodeNamespace(await store.namespace(request.text(1)));
    },
    ListWorkflowExecutions: async (request) => {
      await store.namespace(request.text(1));
      return NOTHING;
    },
    PollWorkflowTaskQueue: poll(store, pollers, 1),
    PollActivityTaskQueue: poll(store, pollers, 2),
    DescribeTaskQueue: describeTaskQueue(store, pollers),
    ListSchedules: async (request) => {
      const schedules = await store.schedules(request.text(1));
      return message(...schedules.map((one) => nested(1, encodeScheduleEntry(one))));
    },
    CreateSchedule: async (request) => {
      const schedule = decodeSchedule(request.text(2), request.nested(3));
      await store.createSchedule(request.text(1), schedule);
      return NOTHING;
    },
    DescribeSchedule: async (request) =>
      nested(1, encodeSchedule(await store.schedule(request.text(1), request.text(2)))),
  };
  const paths = Object.entries(methods).map(
    ([name, method]) => [WORKFLOW_SERVICE + name, unary(method)] as const,
  );
  return new Map([...paths, ['/grpc.health.v1.Health/Check', unary(health)]]);
}
