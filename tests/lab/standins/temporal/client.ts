import { callUnary } from '../shared/grpc.ts';
import { Message } from '../shared/protobuf.ts';
import { WORKFLOW_SERVICE } from './messages.ts';

/**
 * Calls one method of Temporal's frontend at `host:port`; `method` is its name, or a full path when
 * it begins with a slash. Rejects with GrpcError.
 */
export async function callTemporal(
  address: string,
  method: string,
  request: Buffer,
  timeoutMs = 10_000,
): Promise<Message> {
  const path = method.startsWith('/') ? method : WORKFLOW_SERVICE + method;
  return new Message(await callUnary({ address, path, request, timeoutMs }));
}
