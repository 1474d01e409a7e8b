import type { Network } from '../network.ts';
import { grpcProbe, grpcRefusal, grpcVerdict } from '../probes/grpc.ts';
import { type HttpAnswer, httpProbe, httpVerdict, jsonOf, shownUrl } from '../probes/http.ts';
import { fieldOf } from '../probes/protobuf.ts';
import { NETWORKS } from '../profile/networks.ts';
import { lines, sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { excerpt, fail, pass, warn } from '../validation/verdict.ts';
import {
  grpcHeight,
  type HeightSource,
  heightChecks,
  restHeight,
  rpcHeight,
} from './chain-heights.ts';
import { type CheckContext, isIn } from './context.ts';

/**
 * Above this age of the newest block, in seconds, the node has failed: 5 minutes is what Pocket's operator guide calls
 * critical (poktroll, docusaurus, 1_operate, v0.1.35); a block of beta takes half as long, so 3 there. Beyond 3 block
 * times it is worth a look.
 */
const STALE_SECONDS = { main: 300, beta: 180, local: 180 };
const WARN_BLOCKS = 3;
const CLOCK_SKEW_SECONDS = 30;

/**
 * What tells main from a local network, which have the same chain id (poktroll, app/pocket/networks.go, v0.1.35): main
 * was at block 883667 in August 2026, and has a block a minute where a local network has one in 2 seconds.
 */
const LEAST_MAIN_HEIGHT = 100_000;
const SLOW_SECONDS = NETWORKS.main.blockTimeSeconds / 2;

/** The Pocket network's endpoints, asked from each host that uses them. */
export function chainChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const { network } = deployment;
  const relays = isIn(context, 'relay_relayers', 'relay_miners');
  const igniter = isIn(context, 'provider_hosts', 'middleman_hosts');
  const cli = isIn(context, 'pocket_cli_hosts');
  const about = { group: 'chain', severity: 'critical', host } as const;
  const checks: Check[] = [];
  const heights: HeightSource[] = [];
  if (network.rpcUrl !== undefined && (relays || igniter || cli)) {
    const url = network.rpcUrl;
    const probe = lines(sh`date -u +%s`, httpProbe({ url: `${url.replace(/\/$/, '')}/status` }));
    const fix = `pocket_rpc_url in the profile (now ${shownUrl(url)})`;
    heights.push(rpcHeight(url));
    checks.push(
      {
        ...about,
        id: 'chain.rpc',
        title: `RPC is a node of ${network.chainId}`,
        probe,
        fix: `${fix}, or pocket_network`,
        judge: (result) => rpcVerdict(result, (answer) => networkVerdict(answer, network)),
      },
      {
        ...about,
        id: 'chain.sync',
        title: 'The RPC node is in sync',
        probe,
        fix: `${fix}; a node of your own needs time, see its log`,
        judge: (result) => rpcVerdict(result, (answer, now) => syncVerdict(answer, now, network)),
      },
    );
  }
  if (network.grpcAddress !== undefined && (relays || cli)) {
    const address = network.grpcAddress;
    heights.push(grpcHeight(address, network.grpcInsecure));
    checks.push({
      ...about,
      id: 'chain.grpc',
      title: `gRPC is a node of ${network.chainId}`,
      probe: grpcProbe({
        address,
        insecure: network.grpcInsecure,
        method: '/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo',
      }),
      fix: `pocket_grpc_address and pocket_grpc_insecure in the profile (now ${address}, ${network.grpcInsecure ? 'without' : 'with'} TLS)`,
      judge: (result) => nodeInfoVerdict(result, network.chainId),
    });
  }
  if (network.apiUrl !== undefined && igniter) {
    const url = network.apiUrl;
    heights.push(restHeight(url));
    checks.push({
      ...about,
      id: 'chain.api',
      title: `REST is a node of ${network.chainId}`,
      probe: httpProbe({
        url: `${url.replace(/\/$/, '')}/cosmos/base/tendermint/v1beta1/node_info`,
      }),
      fix: `pocket_api_url in the profile (now ${shownUrl(url)})`,
      judge: (result) => httpVerdict(result, (answer) => apiVerdict(answer, network.chainId)),
    });
  }
  const fix =
    'pocket_rpc_url, pocket_grpc_address and pocket_api_url in the profile: wait for the node that is behind, or name another';
  return [...checks, ...heightChecks(context, heights, fix)];
}

/** Judges an answer to `/status` that came after a line with the host's time in seconds. */
export function rpcVerdict(
  result: ProbeResult,
  judge: (answer: HttpAnswer, now: number) => Verdict,
): Verdict {
  const end = result.output.indexOf('\n');
  const now = Number(result.output.slice(0, end));
  return httpVerdict({ ...result, output: result.output.slice(end + 1) }, (answer) =>
    answer.status === 200
      ? judge(answer, now)
      : fail(`HTTP ${answer.status} ${excerpt(answer.body)}`),
  );
}

/** The chain id in an answer to CometBFT's `/status` (cometbft, rpc/core/status.go, v0.38); else `undefined`. */
export function networkOfStatus(answer: HttpAnswer): string | undefined {
  try {
    const network = JSON.parse(answer.body).result.node_info.network;
    return typeof network === 'string' ? excerpt(network) : undefined;
  } catch {
    return undefined;
  }
}

/** Judges whether a node is of the network that is wanted: by its chain id, and by its blocks where two networks share it. */
export function networkVerdict(answer: HttpAnswer, wanted: Network): Verdict {
  const chainId = networkOfStatus(answer);
  if (chainId === undefined) return fail(`not CometBFT RPC: ${excerpt(answer.body)}`);
  if (chainId !== wanted.chainId) return fail(`chain id ${chainId}; wanted: ${wanted.chainId}`);
  const { sync_info: sync } = (jsonOf(answer) as { result: { sync_info?: SyncInfo } }).result;
  const doubt = chainId === NETWORKS.main.chainId && sync && doubtOf(sync, wanted.name);
  return doubt ? warn(`${chainId}, ${doubt}`) : pass(chainId);
}

/** What speaks against a node’s being of main, or of a local network; `undefined` where nothing does or it is catching up. */
function doubtOf(sync: SyncInfo, wanted: Network['name']): string | undefined {
  const height = Number(sync.latest_block_height);
  if (sync.catching_up !== false) return undefined;
  if (wanted === 'main' && height < LEAST_MAIN_HEIGHT)
    return `but at block ${height}: main is above ${LEAST_MAIN_HEIGHT}, and a local network has the same id`;
  const milliseconds = Date.parse(sync.latest_block_time) - Date.parse(sync.earliest_block_time);
  const seconds = Math.round(milliseconds / 1000 / (height - Number(sync.earliest_block_height)));
  return wanted === 'local' && height >= LEAST_MAIN_HEIGHT && seconds >= SLOW_SECONDS
    ? `but at block ${height}, with one in ${seconds} s: so is main, which has the same id`
    : undefined;
}

/** Judges whether a node has caught up and its newest block is new. */
export function syncVerdict(answer: HttpAnswer, now: number, network: Network): Verdict {
  const { sync_info: sync } = (jsonOf(answer) as { result: { sync_info: SyncInfo } }).result;
  const age = Math.round(now - Date.parse(sync.latest_block_time) / 1000);
  if (!Number.isFinite(age)) return fail('it tells no time of its newest block');
  if (sync.catching_up !== false) return fail(`it is catching up, at ${sync.latest_block_height}`);
  const evidence = `block ${sync.latest_block_height} is ${Math.max(0, age)} s old`;
  if (age < -CLOCK_SKEW_SECONDS)
    return warn(`its newest block is ${-age} s in the future: the clocks differ`);
  const worthALook = WARN_BLOCKS * network.blockTimeSeconds;
  if (age <= worthALook) return pass(evidence);
  const wanted = `${evidence}; wanted: at most ${worthALook} s`;
  return age > Math.max(STALE_SECONDS[network.name], worthALook) ? fail(wanted) : warn(wanted);
}

interface SyncInfo {
  catching_up: boolean;
  latest_block_height: string;
  latest_block_time: string;
  /** The oldest block that the node has kept. */
  earliest_block_height: string;
  earliest_block_time: string;
}

/**
 * Judges an answer to GetNodeInfo: default_node_info is field 1, network its field 4 (cosmos-sdk,
 * proto/cosmos/base/tendermint/v1beta1/query.proto, v0.53; cometbft, proto/tendermint/p2p/types.proto, v0.38).
 */
export function nodeInfoVerdict(result: ProbeResult, wanted: string): Verdict {
  return grpcVerdict(result, (answer) => {
    if (answer.status !== 0) return fail(grpcRefusal(answer));
    const node = fieldOf(answer.response, 1);
    const network = node && fieldOf(node, 4)?.toString();
    if (!network) return fail('it answers, but tells no chain id');
    return network === wanted
      ? pass(network)
      : fail(`chain id ${excerpt(network)}; wanted: ${wanted}`);
  });
}

function apiVerdict(answer: HttpAnswer, wanted: string): Verdict {
  if (answer.status !== 200) return fail(`HTTP ${answer.status} ${excerpt(answer.body)}`);
  const { default_node_info: node } = jsonOf(answer) as {
    default_node_info?: { network?: unknown };
  };
  if (typeof node?.network !== 'string') return fail('it answers, but tells no chain id');
  return node.network === wanted
    ? pass(wanted)
    : fail(`chain id ${excerpt(node.network)}; wanted: ${wanted}`);
}
