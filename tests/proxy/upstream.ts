import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ends } from './ending.ts';
import type { network } from './network.ts';

/** A request that arrived behind the proxy. */
export interface Arrived {
  version: string;
  method: string;
  url: string;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
}

export type Answer = (
  arrived: Arrived,
  response: ServerResponse | Http2ServerResponse,
) => void | Promise<void>;

/** A server behind the proxy that records what arrives. */
export interface Upstream {
  arrived: Arrived[];
  /** What it answers; 200 and an empty object to begin with. */
  answer: Answer;
  /** What it does with a WebSocket; none to begin with. */
  upgrade?: (request: IncomingMessage, socket: Duplex) => void;
  /** How many connections it has at this moment. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts one at an address: HTTP/1.1, and HTTP/2 without TLS at the same port, as the relayer has it. Ended with endAll. */
export async function startUpstream(
  address: string,
  port: number,
  answer: Answer = ok,
): Promise<Upstream> {
  const sockets = new Set<Socket>();
  const upstream: Upstream = { arrived: [], answer, connections: () => sockets.size, close };
  const record = (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const { method = '', url = '', headers, httpVersion: version } = request;
      const one = { version, method, url, headers, body: Buffer.concat(chunks) };
      upstream.arrived.push(one);
      upstream.answer(one, response);
    });
  };
  const http = createServer(record);
  http.on('upgrade', (request, socket) =>
    upstream.upgrade ? upstream.upgrade(request, socket) : socket.destroy(),
  );
  const http2 = createHttp2Server(record);
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      socket.unshift(first);
      (first.subarray(0, 3).toString() === 'PRI' ? http2 : http).emit('connection', socket);
    });
  });
  function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  ends(close);
  return upstream;
}

/** Starts the two relayers of the proxy's profile, each with a port for health checks, which closes with it. */
export async function startRelayers(
  net: ReturnType<typeof network>,
): Promise<[Upstream, Upstream]> {
  const start = async (address: string) => {
    const health = await startUpstream(address, 8081);
    const relayer = await startUpstream(address, 8080);
    const { close } = relayer;
    relayer.close = async () => {
      await Promise.all([health.close(), close()]);
    };
    return relayer;
  };
  return [await start(net(11)), await start(net(12))];
}

/** 200 and an empty object, as JSON. */
export function ok(_arrived: Arrived, response: ServerResponse | Http2ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  (response as ServerResponse).end('{}');
}
