/**
 * Unary gRPC over cleartext HTTP/2, both sides, without generated code.
 * Framing: one flag byte (0 = not compressed), a 32-bit big-endian length, the message.
 */
import http2 from 'node:http2';

/** The gRPC status codes that stand-ins use. Source: grpc/grpc, doc/statuscodes.md. */
export const grpcStatus = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** A call that ended with a status other than OK; `code` is the gRPC status number. */
export class GrpcError extends Error {
  override name = 'GrpcError';
  readonly code: number;
  /** Serialized `google.rpc.Status`, sent as `grpc-status-details-bin` when present. */
  readonly details: Buffer | undefined;
  constructor(code: number, message: string, details?: Buffer) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Puts one message into a gRPC frame. */
export function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** Takes the messages out of a complete body; throws a `GrpcError` on a broken or compressed frame. */
export function unframe(body: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let offset = 0; offset < body.length; ) {
    if (body.length - offset < 5)
      throw new GrpcError(grpcStatus.internal, 'truncated frame header');
    if (body[offset] !== 0) throw new GrpcError(grpcStatus.unimplemented, 'compressed frame');
    const end = offset + 5 + body.readUInt32BE(offset + 1);
    if (end > body.length) throw new GrpcError(grpcStatus.internal, 'truncated frame');
    messages.push(body.subarray(offset + 5, end));
    offset = end;
  }
  return messages;
}

/** Answers one unary method: the request message in, the response message out; throws a `GrpcError`. */
export type UnaryHandler = (
  request: Buffer,
  headers: http2.IncomingHttpHeaders,
) => Buffer | Promise<Buffer>;

/** Handlers by full method path, such as `/package.Service/Method`. */
export type Methods = Map<string, UnaryHandler>;

/** Collects a stream's data up to its end; rejects when it breaks or grows beyond `limit` bytes. */
export async function collect(stream: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) throw new GrpcError(grpcStatus.resourceExhausted, `more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function statusHeaders(error: unknown): http2.OutgoingHttpHeaders {
  const known = error instanceof GrpcError;
  const headers: http2.OutgoingHttpHeaders = {
    'grpc-status': String(known ? error.code : grpcStatus.unknown),
    'grpc-message': encodeURIComponent(error instanceof Error ? error.message : String(error)),
  };
  if (known && error.details) headers['grpc-status-details-bin'] = error.details.toString('base64');
  return headers;
}

/** Answers one HTTP/2 stream as a unary call; an unknown path gets status 12 in the headers. */
export async function answerUnary(
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  methods: Methods,
): Promise<void> {
  stream.on('error', () => stream.destroy());
  const base = { ':status': 200, 'content-type': 'application/grpc' };
  try {
    const path = headers[':path'] ?? '';
    const handler = methods.get(path);
    if (!handler) throw new GrpcError(grpcStatus.unimplemented, `unknown method ${path}`);
    const [request, ...more] = unframe(await collect(stream, 64 * 1024 * 1024));
    if (!request || more.length > 0)
      throw new GrpcError(grpcStatus.internal, 'a unary call carries exactly one message');
    const response = await handler(request, headers);
    if (stream.destroyed) return;
    stream.respond(base, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(frame(response));
  } catch (error) {
    if (stream.headersSent) stream.destroy();
    else if (!stream.destroyed)
      stream.respond({ ...base, ...statusHeaders(error) }, { endStream: true });
  }
}

/** Makes an h2c server that answers only these unary methods. */
export function grpcServer(methods: Methods): http2.Http2Server {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => void answerUnary(stream, headers, methods));
  return server;
}

/** What a client call needs. */
export type UnaryCall = {
  /** `host:port`, without a scheme. */
  address: string;
  /** TLS with ALPN h2 instead of cleartext. */
  tls?: boolean;
  path: string;
  request: Uint8Array;
  timeoutMs: number;
  headers?: Record<string, string>;
};

/** Makes one unary call over its own connection; rejects with a `GrpcError`, also when nobody answers. */
export async function callUnary(call: UnaryCall): Promise<Buffer> {
  const session = http2.connect(`${call.tls ? 'https' : 'http'}://${call.address}`);
  const unavailable = (error: unknown) =>
    new GrpcError(grpcStatus.unavailable, `${call.address}: ${describe(error)}`);
  const deadline = AbortSignal.timeout(call.timeoutMs);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      deadline.addEventListener('abort', () =>
        reject(new GrpcError(grpcStatus.deadlineExceeded, `${call.address}: no answer in time`)),
      );
      session.on('error', (error) => reject(unavailable(error)));
      const stream = session.request({
        ':method': 'POST',
        ':path': call.path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...call.headers,
      });
      let status: http2.IncomingHttpHeaders = {};
      stream.on('error', (error) => reject(unavailable(error)));
      stream.on('response', (headers) => {
        status = { ...status, ...headers };
      });
      stream.on('trailers', (trailers) => {
        status = { ...status, ...trailers };
      });
      stream.end(frame(call.request));
      collect(stream, 64 * 1024 * 1024)
        .then((body) => {
          const code = status['grpc-status'];
          if (code === undefined) throw new GrpcError(grpcStatus.unknown, 'no grpc-status');
          if (code !== '0') throw new GrpcError(Number(code), decodeStatus(status['grpc-message']));
          const [response] = unframe(body);
          if (!response) throw new GrpcError(grpcStatus.internal, 'no response message');
          resolve(response);
        })
        .catch((error) => reject(error instanceof GrpcError ? error : unavailable(error)));
    });
  } finally {
    session.destroy();
  }
}

function decodeStatus(message: string | string[] | undefined): string {
  return decodeURIComponent(String(message ?? ''));
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
