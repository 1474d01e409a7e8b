import { isKnownService, serviceQuery } from '../probes/chain-queries.ts';
import { grpcAnswers, grpcCallsProbe } from '../probes/grpc-calls.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { fail, pass, skip } from '../validation/verdict.ts';
import { asksForAll, type CheckContext } from './context.ts';

/**
 * What chains are called that have another id on main. Sources: pocket-network-resources, pocket-health-checks.yaml,
 * commit 63670f34; path, e2e/config/services_shannon.yaml, commit 5ff2e27e.
 */
const IDS_ON_MAIN = new Map([
  ['arbitrum', 'arb-one'],
  ['avalanche', 'avax'],
  ['ethereum', 'eth'],
  ['optimism', 'op'],
  ['polygon', 'poly'],
  ['zksync_era', 'zksync-era'],
]);

/** Whether the chain has the services of the profile: nobody can stake for another, and no relay ever asks for it. */
export function chainServiceChecks(context: CheckContext): Check[] {
  const { network, profile } = context.deployment;
  const { grpcAddress: address, grpcInsecure: insecure } = network;
  const ids = Object.keys(profile.relayminer?.services ?? {});
  if (!asksForAll(context) || address === undefined || ids.length === 0) return [];
  return [
    {
      id: 'chain.services',
      group: 'chain',
      severity: 'critical',
      title: 'The chain has each service that is served here',
      host: context.host,
      probe: grpcCallsProbe(
        ids.map((id) => ({ ...serviceQuery(id), address, insecure })),
        'statuses',
      ),
      fix: 'relayminer.services in the profile: only ids that the chain has, to the letter, which pocketd query service all-services lists',
      judge: (result) => servicesVerdict(result, ids),
    },
  ];
}

/** Judges what the chain told about the services of these ids, in their order. */
function servicesVerdict(result: ProbeResult, ids: readonly string[]): Verdict {
  const known = grpcAnswers(result).map(isKnownService);
  const missing = ids.filter((_, index) => known[index] === false).map(withIdOnMain);
  const untold = known.filter((one) => one === undefined).length;
  const unknown = untold > 0 ? [`${untold} of ${ids.length} could not be told`] : [];
  if (missing.length > 0)
    return fail([`the chain has no ${missing.join(', ')}`, ...unknown].join('; '));
  return untold > 0
    ? skip(`the chain’s gRPC does not tell: ${unknown}`)
    : pass(`it has all ${ids.length}`);
}

function withIdOnMain(id: string): string {
  const other = IDS_ON_MAIN.get(id.toLowerCase());
  return other === undefined ? id : `${id} (${other} on main)`;
}
