import { gunzipSync } from 'node:zlib';
import { type Shell, sh } from '../shell.ts';
import type { ProbeResult } from '../validation/check.ts';
import { frameOf, type GrpcAnswer, type GrpcCall, grpcConfig, readGrpc } from './grpc.ts';

const LONGEST_BYTES = 16_777_216;

/**
 * Shell that makes many unary calls to one server with one curl, some at a time, and prints, compressed, how long headers
 * and body of each call are, an empty line, and all of them. What is answered late or not at all keeps no other call
 * from being made.
 * @param kept `statuses` leaves out the bodies, where many may be longer than what a host may tell
 */
export function grpcCallsProbe(
  calls: readonly GrpcCall[],
  kept: 'answers' | 'statuses' = 'answers',
): Shell {
  const body = (index: number) => (kept === 'answers' ? `${index}.body` : '/dev/null');
  // What comes before `next` belongs to one transfer; even what the words of `http` say holds for the first alone.
  const config = calls
    .map(
      (call, index) =>
        `${callConfig(call, index)}silent\nnoproxy = "*"\ndata-binary = "@${index}.request"\ndump-header = "${index}.headers"\noutput = "${body(index)}"\n`,
    )
    .join('next\n');
  return sh`
    mkdir "$scratch.calls"
    cd "$scratch.calls"
    number=0
    for frame in ${calls.map(({ message }) => frameOf(message))}; do
      printf "$frame" >"$number.request"
      : >"$number.headers" && : >"$number.body"
      ((++number))
    done
    http ${config} --parallel --parallel-max 10 2>/dev/null || :
    files=(${calls.flatMap((_, index) => [`${index}.headers`, `${index}.body`])})
    { stat -c %s "\${files[@]}" && echo && cat "\${files[@]}"; } | gzip -c | base64 -w0`;
}

/**
 * The configuration of one call. Without TLS each has a name of its own, and so a connection of its own: curl 7.88
 * cannot use one again that speaks HTTP/2 from the start.
 */
function callConfig(call: GrpcCall, index: number): string {
  const { address, insecure } = call;
  if (!insecure) return grpcConfig(call);
  const name = `call-${index}.invalid`;
  const port = address.slice(address.lastIndexOf(':') + 1);
  const at = grpcConfig({ ...call, address: `${name}:${port}` });
  return `${at}connect-to = "${name}:${port}:${address}"\nheader = "host: ${address}"\n`;
}

/** The answers to {@link grpcCallsProbe} in the order of its calls, each `undefined` where no gRPC server answered. */
export function grpcAnswers(result: ProbeResult): (GrpcAnswer | undefined)[] {
  const told = gunzipSync(Buffer.from(result.output, 'base64'), { maxOutputLength: LONGEST_BYTES });
  const end = told.indexOf('\n\n');
  const sizes = told.subarray(0, end).toString().split('\n').map(Number);
  let at = end + 2;
  const files = sizes.map((size) => {
    at += size;
    return told.subarray(at - size, at);
  });
  return Array.from({ length: files.length / 2 }, (_, index) => {
    return readGrpc(`${files[index * 2]}\n${files[index * 2 + 1]!.toString('base64')}`);
  });
}
