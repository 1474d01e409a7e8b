import type { ReportInput } from '../input.ts';
import type { Step } from '../wizard.ts';
import { word } from '../words.ts';

/** Wizard page 6. Source: igniter, apps/provider, address group form, v0.9. */
export function addressGroups({ deployment }: ReportInput): Step {
  const { owner_identity: owner } = deployment.profile.provider ?? {};
  const ids = Object.keys(deployment.profile.relayminer?.services ?? {});
  return {
    title: 'Address Groups',
    about: `Which services the ${word('supplier', 'suppliers')} of a group serve, and who gets what share of the rewards. At least one group.`,
    fields: [
      {
        label: 'Name',
        answer: { decide: { example: 'Default', rule: 'each name once' } },
        why: 'What is displayed.',
      },
      {
        label: 'Relay Miner',
        answer: { decide: { example: 'Primary US East', rule: 'one of the page Relay-miners' } },
        why: 'Where the suppliers of the group are served.',
      },
      {
        label: 'Default Revenue Shares → Add Supplier Share, %',
        answer: { decide: { example: '5', rule: 'switched on, a whole number from 1 to 100' } },
        why: `Paid to the supplier’s own address, which pays the fees of ${word('claim', 'claims')} and ${word('proof', 'proofs')}: too little, and it runs dry.`,
      },
      {
        label: 'Default Revenue Shares → Add Share, address',
        answer: {
          decide: {
            ...(owner && { example: owner }),
            rule: 'an address that begins with `pokt`, each once',
          },
        },
        why: 'Your own share. One of the Reward Addresses of the page Identity.',
      },
      {
        label: 'Default Revenue Shares → Add Share, %',
        answer: { decide: { example: '10', rule: 'a whole number from 1 to 100' } },
        why: `All shares of a service and the ${word('middleman')}’s fee together are at most 100; what is left goes to the owner of the stake.`,
      },
      {
        label: 'Assign services',
        answer:
          ids.length > 0
            ? { type: ids.join(', ') }
            : { decide: { example: 'eth', rule: 'at least one of the page Services' } },
        why: 'Copies the default shares to each service; change them there where one differs.',
      },
      {
        label: 'Internal use only',
        answer: { decide: { example: 'off', rule: 'on or off' } },
        why: 'On: the group is not offered to the public.',
      },
      {
        label: 'Linked Addresses',
        answer: { decide: { rule: 'empty, or addresses that begin with `pokt`, each once' } },
        why: 'Keeps the group for these owners.',
      },
    ],
  };
}
