/**
 * Relay messages. Source: pokt-network/poktroll, proto/pocket/service/relay.proto and session/types.proto, v0.1.35;
 * pokt-network/shannon-sdk, proto/types/http.proto.
 */
import { createHash } from 'node:crypto';
import {
  bytes,
  integer,
  MalformedMessage,
  Message,
  message,
  nested,
  text,
} from '../../shared/protobuf.ts';
import { type Account, signMessage } from '../../shared/secp256k1.ts';

/** A relay request; `sessionHeader` keeps its encoding, so that it is answered unchanged. */
export type RelayRequest = {
  encoded: Buffer;
  sessionHeader: Buffer;
  application: string;
  service: string;
  session: string;
  startHeight: number;
  endHeight: number;
  supplier: string;
  signature: Buffer;
  payload: Buffer;
};

/** Decodes a `RelayRequest`; throws `MalformedMessage`, also when it has no session header. */
export function decodeRelayRequest(encoded: Buffer): RelayRequest {
  const request = new Message(encoded);
  const meta = request.nested(1);
  const session = meta?.nested(1);
  if (!meta || !session) throw new MalformedMessage('relay request without a session header');
  return {
    encoded,
    sessionHeader: meta.bytes(1),
    application: session.text(1),
    service: session.text(2),
    session: session.text(3),
    startHeight: Number(session.integer(4)),
    endHeight: Number(session.integer(5)),
    supplier: meta.text(3),
    signature: meta.bytes(2),
    payload: request.bytes(2),
  };
}

/** Encodes a session header. */
export function encodeSessionHeader(
  session: Pick<RelayRequest, 'application' | 'service' | 'session' | 'startHeight' | 'endHeight'>,
): Buffer {
  return message(
    text(1, session.application),
    text(2, session.service),
    text(3, session.session),
    integer(4, session.startHeight),
    integer(5, session.endHeight),
  );
}

/** What the ring of a request signs: the hash of it, encoded anew, without the signature. */
export function signableHash(
  request: Parameters<typeof encodeSessionHeader>[0] & Pick<RelayRequest, 'supplier' | 'payload'>,
): Buffer {
  const meta = message(nested(1, encodeSessionHeader(request)), text(3, request.supplier));
  return sha256(message(nested(1, meta), bytes(2, request.payload)));
}

/** Headers by name as they are spelt. */
export type Headers = Record<string, string[]>;

/** A serialized HTTP request inside a relay. */
export type HttpPayload = { method: string; headers: Headers; url: string; body: Buffer };

function decodeHeaders(entries: Buffer[]): Headers {
  const pairs = entries.map((entry): [string, string[]] => {
    const pair = new Message(entry);
    const values = pair.nested(2)?.all(2).map(String) ?? [];
    return [pair.text(1), values];
  });
  return Object.fromEntries(pairs);
}

/** Decodes a `POKTHTTPRequest`; throws `MalformedMessage`. */
export function decodeHttpPayload(payload: Buffer): HttpPayload {
  const request = new Message(payload);
  return {
    method: request.text(1) || 'POST',
    headers: decodeHeaders(request.all(2)),
    url: request.text(3),
    body: request.bytes(4),
  };
}

function encodeHeaders(headers: Headers): Buffer[] {
  return Object.entries(headers).map(([name, values]) => {
    const header = message(text(1, name), ...values.map((value) => nested(2, Buffer.from(value))));
    return nested(2, message(text(1, name), nested(2, header)));
  });
}

/** Encodes a `POKTHTTPRequest`. */
export function encodeHttpRequest({ method, headers, url, body }: HttpPayload): Buffer {
  return message(text(1, method), ...encodeHeaders(headers), text(3, url), bytes(4, body));
}

/** Encodes a `POKTHTTPResponse`. */
export function encodeHttpResponse(status: number, headers: Headers, body: Buffer): Buffer {
  return message(integer(1, status), ...encodeHeaders(headers), bytes(3, body));
}

function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

/** Encodes a `RelayResponse` that the supplier signed: over the hash of it without signature and payload. */
export function signResponse(request: RelayRequest, payload: Buffer, supplier: Account): Buffer {
  const hash = bytes(4, sha256(payload));
  const header = nested(1, request.sessionHeader);
  const signable = sha256(message(nested(1, header), hash));
  const meta = message(header, bytes(2, signMessage(supplier.key, signable)));
  return message(nested(1, meta), bytes(2, payload), hash);
}
