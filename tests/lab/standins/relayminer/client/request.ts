/** Makes simulated relay requests. Source: pokt-network/pocket-relay-miner, client/relay_client/simulated.go. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { frame } from '../../shared/grpc.ts';
import { bytes, message, nested, text } from '../../shared/protobuf.ts';
import { signRing } from '../../shared/ring.ts';
import { account, addressOf } from '../../shared/secp256k1.ts';
import { encodeHttpRequest, encodeSessionHeader, signableHash } from '../relayer/protocol.ts';
import type { Mode } from './flags.ts';

/** The ring, application first, and the private key of the gateway, which signs. */
export type SimulationKeys = { ring: [Buffer, Buffer]; gateway: bigint };

/** Reads a keys file: lists `applications` and `gateway` (or `gateways`), of which the first of each counts. */
export function readKeys(path: string): SimulationKeys {
  const file = parse(readFileSync(path, 'utf8')) as Record<string, unknown> | null;
  const first = (...names: string[]): string => {
    const list = names.map((name) => file?.[name]).find(Array.isArray);
    if (typeof list?.[0] !== 'string')
      throw new Error(`${path}: expected a list ${names[0]} of hexadecimal private keys`);
    return list[0].replace(/^0x/, '');
  };
  const application = first('applications');
  const gateway = first('gateway', 'gateways');
  return {
    ring: [account(application).publicKey, account(gateway).publicKey],
    gateway: BigInt(`0x${gateway}`),
  };
}

/** What a mode asks the backend unless told otherwise. */
export function payloadOf(mode: Mode, given: string | undefined): Buffer {
  const method = mode === 'cometbft' ? 'status' : 'eth_blockNumber';
  const body = given ?? JSON.stringify({ jsonrpc: '2.0', method, params: [], id: 1 });
  if (mode === 'websocket') return Buffer.from(body);
  const json = { 'Content-Type': ['application/json'] };
  if (mode !== 'grpc' || given !== undefined)
    return encodeHttpRequest({ method: 'POST', headers: json, url: '/', body: Buffer.from(body) });
  return encodeHttpRequest({
    method: 'POST',
    headers: { 'Content-Type': ['application/grpc'], Te: ['trailers'] },
    url: '/demo.DemoService/GetBlockHeight',
    body: frame(Buffer.alloc(0)),
  });
}

/** A request of now, with a session that no chain has; `change` is for tests of what is refused. */
export function simulatedRequest(
  keys: SimulationKeys,
  { service, supplier }: { service: string; supplier: string },
  payload: Buffer,
  change: Partial<Parameters<typeof signableHash>[0]> = {},
): Buffer {
  const request = {
    application: addressOf(keys.ring[0]),
    service,
    session: `simv1:${Math.floor(Date.now() / 1000)}:${randomBytes(8).toString('hex')}`,
    startHeight: 1,
    endHeight: 2,
    supplier,
    payload,
    ...change,
  };
  const signature = signRing(signableHash(request), keys.ring, keys.gateway);
  const header = nested(1, encodeSessionHeader(request));
  const meta = message(header, bytes(2, signature), text(3, request.supplier));
  return message(nested(1, meta), bytes(2, payload));
}
