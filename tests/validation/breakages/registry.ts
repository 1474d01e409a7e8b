import type { Breakage } from '../breakage.ts';
import { LAB_CHAIN, OTHER_CHAIN, otherChain } from '../other-chain.ts';

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'registry.delegators',
    verdict: 'warn',
    breaks: [
      otherChain('EMPTY_REGISTRY=true'),
      { profile: { provider: { delegators_url: OTHER_CHAIN.delegators_url } } },
    ],
    evidence: /without a list: the wizard cannot be completed/,
    fix: /provider\.delegators_url in the profile/,
    mends: LAB_CHAIN,
    only: ['registry'],
  },
];
