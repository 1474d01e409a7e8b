/** HTTP/1.1 and cleartext HTTP/2 on one port, told apart by the HTTP/2 preface. */
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { answerUnary, type Methods } from './grpc.ts';

const preface = Buffer.from('PRI * HTTP/2.0');

export type Request = http.IncomingMessage | http2.Http2ServerRequest;
export type Response = http.ServerResponse | http2.Http2ServerResponse;
/** Answers one request; `proto` says which protocol brought it. */
export type Handler = (request: Request, response: Response, proto: 'http1' | 'h2c') => void;

/** A listening port with both protocols behind it. */
export type Multiplexed = { port: net.Server; http1: http.Server; close: () => Promise<void> };

/** Makes the servers; the caller listens on `port` and may handle `upgrade` on `http1`. gRPC goes to `methods`. */
export function multiplex(handler: Handler, methods: Methods): Multiplexed {
  const http1 = http.createServer((request, response) => handler(request, response, 'http1'));
  // Node's request objects send trailers of their own, which breaks gRPC: streams are sorted before they reach them.
  const plain = http2.createServer((request, response) => handler(request, response, 'h2c'));
  const h2c = http2.createServer();
  h2c.on('stream', (stream, headers, ...rest) => {
    const grpc = headers['content-type']?.startsWith('application/grpc');
    if (grpc) void answerUnary(stream, headers, methods);
    else plain.emit('stream', stream, headers, ...rest);
  });
  const sessions = new Set<http2.Http2Session>();
  h2c.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  const http1Sockets = new Set<net.Socket>();
  const port = net.createServer((socket) => {
    http1Sockets.add(socket);
    socket.on('close', () => http1Sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let head: Buffer = Buffer.alloc(0);
    const sniff = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const length = Math.min(head.length, preface.length);
      const maybeH2 = head.subarray(0, length).equals(preface.subarray(0, length));
      if (maybeH2 && length < preface.length) return;
      socket.off('data', sniff);
      socket.pause();
      socket.unshift(head);
      if (maybeH2) http1Sockets.delete(socket);
      (maybeH2 ? h2c : http1).emit('connection', socket);
      if (!maybeH2) socket.resume();
    };
    socket.on('data', sniff);
  });
  const busy = new Set<net.Socket>();
  let closing = false;
  http1.on('request', ({ socket }, response) => {
    busy.add(socket);
    response.on('close', () => {
      busy.delete(socket);
      if (closing) socket.end();
    });
  });
  /** Stops accepting and resolves when open requests have ended; idle connections and WebSockets end at once. */
  const close = async () => {
    closing = true;
    const closed = new Promise<void>((resolve) => port.close(() => resolve()));
    for (const session of sessions) session.close();
    for (const socket of http1Sockets) if (!busy.has(socket)) socket.destroy();
    await closed;
  };
  return { port, http1, close };
}

/** Listens on `host:port` (an empty host means every address); rejects when the address is taken. */
export function listen(server: net.Server, address: string): Promise<void> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.slice(at + 1)), host || undefined, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
