import { type HttpAnswer, httpProbe, httpVerdict, jsonOf, shownUrl } from '../probes/http.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { excerpt, fail, pass } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/** What the wizards send to an indexer (igniter, packages/graphql/src/block.ts, v0.9). */
const INDEXER_STATUS =
  'query indexerStatus { status: _metadata { chain lastProcessedHeight lastProcessedTimestamp targetHeight } }';

/**
 * What the wizards of Provider and Middleman ask on their first page, beside what {@link chainChecks} asks: they go no
 * further without these answers (igniter, actions/ApplicationSettings.ts of apps/provider and apps/middleman, v0.9).
 */
export function wizardChecks(context: CheckContext): Check[] {
  const { host, deployment } = context;
  const { apiUrl, indexerUrl, chainId } = deployment.network;
  if (!isIn(context, 'provider_hosts', 'middleman_hosts')) return [];
  const about = { group: 'chain', severity: 'warning', host } as const;
  const checks: Check[] = [];
  if (apiUrl !== undefined) {
    checks.push({
      ...about,
      id: 'chain.supplier-parameters',
      title: 'REST tells the wizard what a supplier has to stake',
      probe: httpProbe({
        url: `${apiUrl.replace(/\/$/, '')}/pokt-network/poktroll/supplier/params`,
      }),
      fix: `pocket_api_url in the profile (now ${shownUrl(apiUrl)}): a Pocket node’s REST, with no proxy before it that keeps paths back`,
      judge: (result) => httpVerdict(result, parametersVerdict),
    });
  }
  if (indexerUrl !== undefined) {
    checks.push({
      ...about,
      id: 'chain.indexer',
      title: `The indexer has ${chainId}`,
      probe: httpProbe({
        url: indexerUrl,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ operationName: 'indexerStatus', query: INDEXER_STATUS }),
      }),
      fix: `indexer_url in the profile (now ${shownUrl(indexerUrl)})`,
      judge: (result) => httpVerdict(result, (answer) => indexerVerdict(answer, chainId)),
    });
  }
  return checks;
}

function parametersVerdict(answer: HttpAnswer): Verdict {
  if (answer.status !== 200) return fail(`HTTP ${answer.status} ${excerpt(answer.body)}`);
  const { params } = jsonOf(answer) as { params?: { min_stake?: { amount?: unknown } } };
  const amount = params?.min_stake?.amount;
  return typeof amount === 'string' && /^\d+$/.test(amount)
    ? pass(`${Number(amount) / 1e6} POKT or more`)
    : fail(`it answers, but tells no least stake: ${excerpt(answer.body)}`);
}

function indexerVerdict(answer: HttpAnswer, wanted: string): Verdict {
  if (answer.status !== 200) return fail(`HTTP ${answer.status} ${excerpt(answer.body)}`);
  const { data } = jsonOf(answer) as { data?: { status?: { chain?: unknown } | null } | null };
  const chain = data?.status?.chain;
  if (typeof chain !== 'string')
    return fail(`it answers, but tells no chain id: ${excerpt(answer.body)}`);
  return chain === wanted ? pass(wanted) : fail(`it indexes ${excerpt(chain)}; wanted: ${wanted}`);
}
