import type { Network } from '../network.ts';
import { PORTS } from '../ports.ts';
import { sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { ask, mend } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import { rpcVerdict, syncVerdict } from './chain.ts';
import { rpcHeight } from './chain-heights.ts';
import type { CheckContext } from './context.ts';

/** So many blocks they may be apart, since they are not asked in the same instant, and a block has its way to go. */
const NEAR_BLOCKS = 2;
/** A relayer that is behind a chain whose blocks are new may catch up within these seconds. */
const CATCHING_UP_SECONDS = 10;

const METRICS = `url = "http://127.0.0.1:${PORTS['relayer-metrics'].port}/metrics"\nmax-time = 5\nfail\n`;
const READY = `url = "http://127.0.0.1:${PORTS.relayer.port}/ready"\nmax-time = 5\nfail\n`;

/**
 * That the relayer is where the chain is proves chain, miner, Redis and relayer at once, since the relayer learns it that
 * way. The chain is asked besides, so that nobody need wait for the next block; where it does not tell, the height has to
 * grow within 3 block times. The height is a metric, which is there when the first block was published, and stands in
 * `/ready` at the port of relays (pocket-relay-miner, relayer/metrics.go and relayer/proxy.go, v0.1.x and commit ad37bcbd).
 * @param fix what mends the relayer
 */
export function heightCheck({ deployment, host }: CheckContext, fix: string): Check {
  const { network } = deployment;
  const patience = Math.max(15, Math.ceil(3 * network.blockTimeSeconds));
  const chain = network.rpcUrl === undefined ? sh`:` : rpcHeight(network.rpcUrl).probe;
  const miners = deployment.group('relay_miners');
  const node = `the node of the chain, of which more is told by ${ask(deployment, 'chain')}; else: ${fix}`;
  const publisher = miners.length > 0 ? `${mend(deployment, miners, 'miner')}; else: ${fix}` : fix;
  return {
    id: 'relayminer.relayer-height',
    group: 'relayminer',
    severity: 'critical',
    title: 'The relayer follows the chain',
    host,
    fix,
    // Go writes large numbers with an exponent.
    probe: sh`
      height() {
        local told in_ready='"block_height": *([0-9]+)'
        told=$({ http ${METRICS} || :; } | awk '$1 == "ha_relayer_current_block_height" { printf "%.0f", $2 }')
        if [[ ! $told ]]; then
          told=$(http ${READY}) || return
          if [[ $told =~ $in_ready ]]; then told=\${BASH_REMATCH[1]}; else told=''; fi
        fi
        printf '%s' "$told"
      }
      first='' at_chain='"latest_block_height": *"([0-9]+)"'
      end=$((SECONDS + ${patience})) soon=$((SECONDS + ${CATCHING_UP_SECONDS}))
      while :; do
        now=$(height)
        chain=$({ ${chain}; } 2>/dev/null) || chain=''
        first=\${first:-$now}
        [[ $now ]] || break
        if [[ $chain =~ $at_chain ]] && ((BASH_REMATCH[1] - now >= -${NEAR_BLOCKS})); then
          ((BASH_REMATCH[1] - now > ${NEAR_BLOCKS} && SECONDS < soon)) || break
        else
          ((now == first && SECONDS < end)) || break
        fi
        sleep 1
      done
      printf '%s %s\n%s\n%s' "$first" "$now" "$(date +%s)" "$chain"
    `,
    timeoutSeconds: patience + 20,
    judge: (result) => {
      if (result.status !== 0) return fail(`no answer: ${lastWords(result)}`);
      return heightVerdict(result, network, patience, { node, publisher });
    },
  };
}

/**
 * Judges a line with two heights of the relayer, some time apart where that was waited for, and an answer of the chain's
 * RPC after a line with the host's time.
 * @param fixes what to do about the chain's node, and about the miner that publishes its blocks
 */
export function heightVerdict(
  result: ProbeResult,
  network: Network,
  seconds: number,
  fixes: Record<'node' | 'publisher', string>,
): Verdict {
  const end = result.output.indexOf('\n');
  const [first, last] = result.output.slice(0, end).split(' ');
  if (!first || !last) return fail('it tells no block height', fixes.publisher);
  if (Number(last) === 0)
    return fail('block height 0: no miner has published a block yet', fixes.publisher);
  const told = { ...result, output: result.output.slice(end + 1) };
  const chain = chainHeight(told.output, network);
  const behind = chain === undefined ? undefined : chain - Number(last);
  if (chain === undefined || behind === undefined || behind < -NEAR_BLOCKS) {
    return Number(last) > Number(first)
      ? pass(`block ${first}, then ${last}`)
      : fail(`block height ${last} has not grown within ${seconds} s`, fixes.node);
  }
  const wanted = `the chain is at ${chain}`;
  if (behind > NEAR_BLOCKS)
    return fail(`block ${last}; ${wanted}; wanted: at most ${NEAR_BLOCKS} behind`, fixes.publisher);
  const sync = rpcVerdict(told, (answer, now) => syncVerdict(answer, now, network));
  return sync.verdict === 'pass'
    ? pass(`block ${last}; ${wanted}`)
    : {
        verdict: sync.verdict,
        evidence: `block ${last}, and of the chain: ${sync.evidence}`,
        fix: fixes.node,
      };
}

/** The height in an answer of the chain's RPC that came after a line; `undefined` where it tells none. */
function chainHeight(output: string, { rpcUrl }: Network): number | undefined {
  if (rpcUrl === undefined) return undefined;
  try {
    return rpcHeight(rpcUrl).read(output.slice(output.indexOf('\n') + 1)) || undefined;
  } catch {
    return undefined;
  }
}
