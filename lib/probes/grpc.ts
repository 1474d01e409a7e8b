import type { SecretValue } from '../run/compile.ts';
import { type Shell, sh } from '../shell.ts';
import type { ProbeResult, Verdict } from '../validation/check.ts';
import { excerpt, fail, lastWords } from '../validation/verdict.ts';
import { curlConfig, type HttpRequest } from './http.ts';

/** A unary gRPC call, with what is sent along to sign in. */
export interface GrpcCall extends Pick<HttpRequest, 'headers' | 'user'> {
  /** `host:port`. */
  address: string;
  /** Whether it is spoken without TLS. */
  insecure: boolean;
  /** `/package.Service/Method`. */
  method: string;
  /** The encoded request message; empty where absent. */
  message?: Buffer;
}

/** What a gRPC server answered. */
export interface GrpcAnswer {
  /** The gRPC status: 0 is OK, 5 not found, 12 unimplemented. */
  status: number;
  message: string;
  /** The response message; its end may be missing when it is longer than 32 KiB. */
  response: Buffer;
}

const SHOWN_BYTES = 32_768;

/**
 * Shell that makes the call with curl and prints headers and trailers, an empty line, and the beginning of the body in
 * base64. A response is one flag byte, four of length, and the message (grpc, PROTOCOL-HTTP2.md).
 */
export function grpcProbe(call: GrpcCall, secrets: readonly SecretValue[] = []): Shell {
  return sh`
    : >"$scratch.body"
    printf ${frameOf(call.message)} |
      http ${grpcConfig(call, secrets)} --data-binary @- --dump-header "$scratch.headers" --output "$scratch.body"
    cat "$scratch.headers"
    head -c ${SHOWN_BYTES} "$scratch.body" | base64 -w0
  `;
}

/** The frame of a request as a format of printf. */
export function frameOf(message: Buffer = Buffer.alloc(0)): string {
  const frame = Buffer.concat([Buffer.alloc(5), message]);
  frame.writeUInt32BE(message.length, 1);
  return [...frame].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/** The configuration of curl for a call, without its request and without where the answer goes. */
export function grpcConfig(
  { address, insecure, method, headers, user }: GrpcCall,
  secrets: readonly SecretValue[] = [],
): string {
  const config = curlConfig(
    {
      url: `${insecure ? 'http' : 'https'}://${address}${method}`,
      headers: { ...headers, 'content-type': 'application/grpc', te: 'trailers' },
      ...(user !== undefined && { user }),
    },
    secrets,
  );
  return config + (insecure ? 'http2-prior-knowledge\n' : 'http2\n');
}

/** Judges the answer of {@link grpcProbe}; whatever is not an answer of a gRPC server has failed. */
export function grpcVerdict(result: ProbeResult, judge: (answer: GrpcAnswer) => Verdict): Verdict {
  if (result.status !== 0) return fail(`no answer: ${lastWords(result)}`);
  const answer = readGrpc(result.output);
  if (answer) return judge(answer);
  const { head } = headAndBody(result.output);
  return fail(`what answers is not gRPC: ${excerpt(head.split('\n')[0] ?? '') || 'no status'}`);
}

/** Reads what {@link grpcProbe} printed; `undefined` where it is not the answer of a gRPC server. */
export function readGrpc(output: string): GrpcAnswer | undefined {
  const { head, body } = headAndBody(output);
  const field = (name: string) => new RegExp(`^${name}: *(.*?)\\s*$`, 'im').exec(head)?.[1];
  const status = field('grpc-status');
  if (status === undefined || !/^\d+$/.test(status)) return undefined;
  return {
    status: Number(status),
    message: decoded(field('grpc-message') ?? ''),
    response: Buffer.from(body, 'base64').subarray(5),
  };
}

/** A message of gRPC is percent-encoded; one that is not, as it came (grpc/grpc, doc/PROTOCOL-HTTP2.md). */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

function headAndBody(output: string): { head: string; body: string } {
  const end = output.lastIndexOf('\n');
  return { head: output.slice(0, end), body: output.slice(end + 1) };
}

/** The evidence of a call that a gRPC server refused. */
export function grpcRefusal({ status, message }: GrpcAnswer): string {
  return `gRPC status ${status}${message === '' ? '' : `: ${excerpt(message)}`}`;
}
