/** Sends relay requests. Source: pokt-network/pocket-relay-miner, cmd/relay/{http,grpc,websocket}.go, v0.1.x. */
import http from 'node:http';
import https from 'node:https';
import { callUnary } from '../../shared/grpc.ts';
import { readBody } from '../../shared/http.ts';
import { trustedAuthorities } from '../../shared/trust.ts';
import { connectWebSocket } from '../../shared/websocket.ts';
import type { Mode, RelayFlags } from './flags.ts';

const rpcTypes: Record<Mode, string> = {
  grpc: '1',
  websocket: '2',
  jsonrpc: '3',
  stream: '4',
  cometbft: '5',
};

/** Sends a request as its mode does, and returns the encoded response; throws when there is none. */
export function send(flags: RelayFlags, encoded: Buffer): Promise<Buffer> {
  const headers = {
    'Rpc-Type': rpcTypes[flags.mode],
    'Pocket-Simulation-Key-Id': flags.keyId,
  };
  if (flags.mode === 'websocket') return overWebSocket(flags, encoded, headers);
  if (flags.mode === 'grpc') return overGrpc(flags, encoded, headers);
  return overHttp(flags, encoded, headers);
}

type Headers = Record<string, string>;

function overHttp(flags: RelayFlags, encoded: Buffer, headers: Headers): Promise<Buffer> {
  const url = new URL(`${flags.relayerUrl}/${flags.service}`);
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-protobuf', ...headers },
        signal: AbortSignal.timeout(flags.timeoutMs),
        ...trustedAuthorities(),
      },
      (response) => {
        readBody(response, 64 * 1024 * 1024).then((body) => {
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`relayer returned HTTP ${response.statusCode}: ${body}`));
        }, reject);
      },
    );
    call.on('error', reject);
    call.end(encoded);
  });
}

/** Without TLS, whatever the scheme: upstream's client has no other way. */
function overGrpc(flags: RelayFlags, encoded: Buffer, headers: Headers): Promise<Buffer> {
  return callUnary({
    address: flags.relayerUrl.replace(/^https?:\/\//, ''),
    path: '/pocket.service.RelayService/SendRelay',
    request: encoded,
    timeoutMs: flags.timeoutMs,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
  });
}

async function overWebSocket(
  flags: RelayFlags,
  encoded: Buffer,
  headers: Headers,
): Promise<Buffer> {
  const socket = await connectWebSocket(flags.relayerUrl.replace(/^http/, 'ws'), {
    ...headers,
    'Pocket-Service-Id': flags.service,
    'Pocket-Supplier-Address': flags.supplier,
  });
  try {
    return await new Promise((resolve, reject) => {
      socket.on('message', resolve);
      socket.on('close', (code) => reject(new Error(`websocket: close ${code}`)));
      setTimeout(() => reject(new Error('no relay response within 5 s')), 5000).unref();
      socket.send(encoded);
    });
  } finally {
    socket.close();
  }
}
