/** What the processes ask the chain. */
import { callUnary, GrpcError, grpcStatus } from '../shared/grpc.ts';
import { Message, text } from '../shared/protobuf.ts';
import type { Value } from './config/rules.ts';

/** Network and newest block, as CometBFT's `/status` reports them. */
export type Head = { network: string; height: number; time: string };

/** Reads `/status`; throws when there is no usable answer within `timeoutMs`. */
export async function readHead(rpcUrl: string, timeoutMs: number): Promise<Head> {
  const url = `${rpcUrl.replace(/\/+$/, '')}/status`;
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  const { result } = (await response.json()) as { result?: Value };
  const height = Number(result?.sync_info?.latest_block_height);
  if (!Number.isSafeInteger(height)) throw new Error(`${url} answers no block height`);
  return { network: result!.node_info.network, height, time: result!.sync_info.latest_block_time };
}

/** Calls the node's gRPC; `grpc_insecure: false` means TLS. Only `host:port` can be dialled. */
async function query(
  node: Value,
  path: string,
  request: Buffer,
  timeoutMs: number,
): Promise<Buffer> {
  const address: string = node.query_node_grpc_url;
  if (address.includes('://'))
    throw new Error(`cannot dial "${address}": give host:port without a scheme`);
  return callUnary({ address, tls: !node.grpc_insecure, path, request, timeoutMs });
}

/** Reads the shared module's parameters; throws when the node does not answer. */
export async function readSharedParams(node: Value, timeoutMs: number): Promise<void> {
  await query(node, '/pocket.shared.Query/Params', Buffer.alloc(0), timeoutMs);
}

/** True when the chain knows a supplier with this operator address. */
export async function isStaked(node: Value, operator: string): Promise<boolean> {
  const timeoutMs = node.query_timeout_seconds * 1000;
  try {
    const answer = await query(
      node,
      '/pocket.supplier.Query/Supplier',
      text(1, operator),
      timeoutMs,
    );
    return new Message(answer).nested(1) !== undefined;
  } catch (error) {
    if (error instanceof GrpcError && error.code === grpcStatus.notFound) return false;
    throw error;
  }
}
