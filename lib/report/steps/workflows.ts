import type { Step } from '../wizard.ts';
import { word } from '../words.ts';

/** What happens after the wizard. Source: igniter, apps/provider-workflows and apps/middleman, v0.9. */
export function workflows(): Step {
  return {
    title: 'Staking, and the workflows that follow it',
    about: `Nothing to type here. A delegator’s site (a ${word('middleman')}) builds the stake transaction and the owner’s wallet signs it. This tool never stakes.`,
    fields: [],
    notes: [
      'The Provider’s worker then registers the services of the new supplier, in a transaction signed with the supplier’s key, and keeps comparing chain and settings.',
      'So the supplier’s address needs uPOKT for fees: the stake flow sends 5 POKT at first; refill it below 2 POKT.',
      `A new supplier’s public key is unknown on chain until its first transaction. Relay answers of its first ${word('session')} can be refused until then.`,
      'A key that was handed out and not staked for 24 hours becomes `missing_stake`: release it in the portal.',
    ]
      .map((note) => `- ${note}`)
      .join('\n'),
  };
}
