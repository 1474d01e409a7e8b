/** What a gateway does: encodes relay requests, decodes answers, verifies the supplier's signature. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  bytes,
  integer,
  Message,
  message,
  nested,
  text,
} from '../../lab/standins/shared/protobuf.ts';
import type { Account } from '../../lab/standins/shared/secp256k1.ts';

export type RelayOptions = {
  supplier: string;
  service?: string;
  url?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Instead of an HTTP request: what a WebSocket relay carries. */
  raw?: string;
};

export const call = (method: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] });

/** Encodes a relay request with an unsigned session; the stand-in says that it does not check rings. */
export function relayRequest(options: RelayOptions): Buffer {
  const session = message(
    text(1, 'pokt1application'),
    text(2, options.service ?? 'eth'),
    text(3, 'session-1'),
    integer(4, 900_001),
    integer(5, 900_020),
  );
  const headers = Object.entries({ 'content-type': 'application/json', ...options.headers }).map(
    ([name, value]) =>
      nested(2, message(text(1, name), nested(2, message(text(1, name), text(2, value))))),
  );
  const http = message(
    text(1, options.method ?? 'POST'),
    ...headers,
    text(3, options.url ?? '/'),
    text(4, options.body ?? call('eth_chainId')),
  );
  const payload = options.raw === undefined ? http : Buffer.from(options.raw);
  return message(
    nested(1, message(nested(1, session), text(3, options.supplier))),
    bytes(2, payload),
  );
}

/** Decodes a relay response after verifying its payload hash and the supplier's low-s signature; throws when wrong. */
export function verifiedPayload(encoded: Buffer, supplier: Account): Buffer {
  const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();
  const response = new Message(encoded);
  const meta = response.nested(1);
  const signature = meta?.bytes(2) ?? Buffer.alloc(0);
  const payload = response.bytes(2);
  if (!sha256(payload).equals(response.bytes(4))) throw new Error('wrong payload hash');
  const unsigned = message(nested(1, nested(1, meta!.bytes(1))), bytes(4, response.bytes(4)));
  const key = createPublicKey(supplier.key as never);
  if (signature.length !== 64 || signature[32]! > 0x7f) throw new Error('not a low-s signature');
  if (!verify('sha256', sha256(unsigned), { key, dsaEncoding: 'ieee-p1363' }, signature))
    throw new Error('wrong signature');
  return payload;
}

/** The HTTP answer inside a relay response's payload. */
export function httpAnswer(payload: Buffer): { status: number; body: string; headers: string } {
  const response = new Message(payload);
  return {
    status: Number(response.integer(1)),
    body: response.bytes(3).toString(),
    headers: response.all(2).join(' '),
  };
}
