import type { Breakage } from '../breakage.ts';
import { LAB_CHAIN, OTHER_CHAIN, otherChain } from '../other-chain.ts';
import { sql } from '../sql.ts';

/** An empty list, with the wizard of the Provider completed or not. */
const empty = (isBootstrapped: boolean): Breakage => ({
  check: 'registry.delegators',
  verdict: isBootstrapped ? 'warn' : 'fail',
  breaks: [
    sql('provider', `UPDATE application_settings SET "isBootstrapped" = ${isBootstrapped}`),
    otherChain('EMPTY_REGISTRY=true'),
    { profile: { provider: { delegators_url: OTHER_CHAIN.delegators_url } } },
  ],
  evidence: isBootstrapped
    ? /^HTTP 200 without a list$/
    : /^HTTP 200 without a list: the wizard cannot be completed$/,
  fix: /provider\.delegators_url in the profile/,
  mends: LAB_CHAIN,
  only: ['registry'],
});

export const BREAKAGES: readonly Breakage[] = [empty(true), empty(false)];
