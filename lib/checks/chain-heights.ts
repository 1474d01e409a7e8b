import { grpcProbe, readGrpc } from '../probes/grpc.ts';
import { httpProbe, jsonOf, readHttp } from '../probes/http.ts';
import { numberOf } from '../probes/protobuf.ts';
import { lines, type Shell, sh } from '../shell.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { fail, pass, skip, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/** One of the interfaces at which a node of the chain answers, and how its newest height is asked and read. */
export interface HeightSource {
  name: 'RPC' | 'gRPC' | 'REST';
  probe: Shell;
  /** Throws, or returns `undefined`, for an answer without a height. */
  read(output: string): number | undefined;
}

/**
 * So many blocks apart two nodes may be that are both in sync, since they are not asked in the same instant; beyond
 * the second number one of them takes a session for open that the other has ended: main's grace period is 10 blocks
 * (poktroll, x/shared, parameters, v0.1.35).
 */
const USUAL_BLOCKS = 3;
const GRACE_BLOCKS = 10;

/** CometBFT's `/status` (cometbft, rpc/core/status.go, v0.38). */
export function rpcHeight(url: string): HeightSource {
  return {
    name: 'RPC',
    probe: httpProbe({ url: `${url.replace(/\/$/, '')}/status` }),
    read: inJson(
      (body) =>
        (body as { result: { sync_info: { latest_block_height: string } } }).result.sync_info
          .latest_block_height,
    ),
  };
}

/** Height is field 2 of StatusResponse (cosmos-sdk, proto/cosmos/base/node/v1beta1/query.proto, v0.53). */
export function grpcHeight(address: string, insecure: boolean): HeightSource {
  const method = '/cosmos.base.node.v1beta1.Service/Status';
  return {
    name: 'gRPC',
    probe: grpcProbe({ address, insecure, method }),
    read: (output) => {
      const told = readGrpc(output);
      return told?.status === 0 ? numberOf(told.response, 2) : undefined;
    },
  };
}

/** The same over REST, where numbers of 64 bits are texts. */
export function restHeight(url: string): HeightSource {
  return {
    name: 'REST',
    probe: httpProbe({ url: `${url.replace(/\/$/, '')}/cosmos/base/node/v1beta1/status` }),
    read: inJson((body) => (body as { height: string }).height),
  };
}

/** Whether the endpoints that a host uses are at the same height; of one alone there is nothing to compare. */
export function heightChecks(
  { host }: CheckContext,
  sources: readonly HeightSource[],
  fix: string,
): Check[] {
  if (sources.length < 2) return [];
  const asked = sources.map(
    ({ probe }, index) => sh`
      (
        scratch=$scratch.${index}
        ${probe}
      ) >"$scratch.answer-${index}" 2>/dev/null &`,
  );
  const told = sources.map((_, index) => sh`base64 -w0 <"$scratch.answer-${index}"; echo`);
  return [
    {
      id: 'chain.agree',
      group: 'chain',
      severity: 'critical',
      title: `${sources.map(({ name }) => name).join(', ')} are at the same height`,
      host,
      probe: lines(...asked, sh`wait`, ...told),
      fix,
      judge: ({ output }) => {
        const answers = output.split('\n').map((line) => Buffer.from(line, 'base64').toString());
        return heightsVerdict(
          sources.map(({ name, read }, index) => ({
            name,
            height: readable(() => read(answers[index] ?? '')),
          })),
        );
      },
    },
  ];
}

/** Judges the heights that the endpoints told, each `undefined` where it told none. */
export function heightsVerdict(
  told: readonly { name: string; height: number | undefined }[],
): Verdict {
  const silent = told.filter(({ height }) => !height).map(({ name }) => name);
  if (silent.length > 0) return skip(`no height from ${silent.join(', ')}`);
  const heights = told.map(({ height }) => height!);
  const apart = Math.max(...heights) - Math.min(...heights);
  const evidence = told.map(({ name, height }) => `${name} ${height}`).join(', ');
  if (apart <= USUAL_BLOCKS) return pass(evidence);
  const judged = `${evidence}: ${apart} blocks apart; wanted: at most ${USUAL_BLOCKS}`;
  return apart > GRACE_BLOCKS ? fail(judged) : warn(judged);
}

function inJson(height: (body: unknown) => string): (output: string) => number | undefined {
  return (output) => {
    const told = readHttp(output);
    return told.status === 200 ? Number(height(jsonOf(told))) : undefined;
  };
}

function readable(read: () => number | undefined): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
