/** What a client makes of a response. Source: pokt-network/pocket-relay-miner, cmd/relay/common.go; cosmos-sdk, x/auth. */
import { createHash, createPublicKey, ECDH, type KeyObject, verify } from 'node:crypto';
import { callUnary, GrpcError, grpcStatus } from '../../shared/grpc.ts';
import { bytes, Message, message, nested, text } from '../../shared/protobuf.ts';
import type { RelayFlags } from './flags.ts';

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest();

function keyOf(compressed: Buffer): KeyObject {
  const point = Buffer.from(
    ECDH.convertKey(compressed, 'secp256k1', undefined, 'hex', 'uncompressed') as string,
    'hex',
  );
  const jwk = {
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'secp256k1', ...jwk } });
}

/** The public key that the chain has of an account; throws when it has none, as of one that never signed anything. */
async function publicKeyOnChain(flags: RelayFlags): Promise<KeyObject> {
  const { node, nodeTls, supplier } = flags;
  const answer = await callUnary({
    address: node,
    tls: nodeTls,
    path: '/cosmos.auth.v1beta1.Query/Account',
    request: text(1, supplier),
    timeoutMs: 10_000,
  }).catch((error) => {
    if (!(error instanceof GrpcError) || error.code !== grpcStatus.notFound) throw error;
    throw new Error(`account ${supplier} not found`);
  });
  const base = new Message(answer).nested(1)?.nested(2);
  const key = base?.nested(2)?.nested(2)?.bytes(1);
  if (!key?.length) throw new Error(`supplier ${supplier} has no public key on chain`);
  return keyOf(key);
}

/** Verifies the supplier's signature of a response with the key on chain, and returns its payload. */
export async function verifiedPayload(flags: RelayFlags, encoded: Buffer): Promise<Buffer> {
  try {
    const response = new Message(encoded);
    const meta = response.nested(1);
    const payload = response.bytes(2);
    const hash = response.bytes(4);
    if (!meta || !sha256(payload).equals(hash))
      throw new Error('the payload is not the signed one');
    const signable = sha256(message(nested(1, nested(1, meta.bytes(1))), bytes(4, hash)));
    const key = { key: await publicKeyOnChain(flags), dsaEncoding: 'ieee-p1363' } as const;
    if (!verify('sha256', signable, key, meta.bytes(2))) throw new Error('invalid signature');
    return payload;
  } catch (error) {
    throw new Error(`signature verification failed: ${(error as Error).message}`);
  }
}

/** Throws when the answer in a payload is an error of the backend. */
export function checkAnswer(payload: Buffer): void {
  let body = payload;
  try {
    const response = new Message(payload);
    const status = Number(response.integer(1));
    body = response.bytes(3);
    if (status >= 400) throw new BackendError(`backend HTTP ${status}: ${body.subarray(0, 200)}`);
  } catch (error) {
    if (error instanceof BackendError) throw error;
  }
  let answer: { error?: { code: number; message: string } } | null = null;
  try {
    answer = JSON.parse(body.toString());
  } catch {
    // Not every answer is JSON.
  }
  if (answer?.error)
    throw new BackendError(`JSON-RPC error ${answer.error.code}: ${answer.error.message}`);
}

class BackendError extends Error {}

/** Throws unless a payload is the answer of a gRPC method that succeeded. */
export function checkGrpc(payload: Buffer): void {
  const headers = new Message(payload).all(2).map((entry) => new Message(entry));
  const status = headers.find((entry) => entry.text(1).toLowerCase() === 'grpc-status');
  const code = status?.nested(2)?.text(2);
  if (code === undefined) throw new Error('missing grpc-status header');
  if (code !== '0') throw new Error(`grpc-status "${code}" is non-zero (gRPC call failed)`);
}
