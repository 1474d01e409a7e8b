import type { ReportInput } from '../input.ts';
import { offeredServices } from '../relay-urls.ts';
import type { Field, Step } from '../wizard.ts';

/** Wizard page 6. Source: igniter, apps/provider, AddOrUpdateAddressGroupDialog, v0.9. */
export function addressGroups({ deployment }: ReportInput): Step {
  const { owner_identity: owner } = deployment.profile.provider ?? {};
  return {
    page: 6,
    title: 'Address Groups',
    about:
      'Which services the suppliers of a group serve, and who gets what of the rewards, their revenue shares. At least one group.',
    fields: [
      {
        label: 'Name',
        answer: { decide: { example: 'Default', rule: 'each name once' } },
        why: 'What is displayed.',
      },
      {
        label: 'Relay Miner',
        answer: {
          decide: {
            example: 'Primary US East (rm-01 - US East)',
            rule: 'one of the page Relay-miners, which the list shows with identity and region',
          },
        },
        why: 'Where the suppliers of the group are served.',
      },
      {
        label: 'Default Revenue Shares → Add Supplier Share, %',
        answer: {
          decide: { example: '5', rule: 'switched on, a whole number from 1 to 100; or off' },
        },
        why: 'Paid to the supplier’s own address, which pays the fees of claims and proofs: too little, and it runs dry.',
      },
      {
        label: 'Default Revenue Shares → Add Share, address',
        answer: {
          decide: {
            ...(owner && { example: owner }),
            rule: 'an address that begins with `pokt`, each once; or no share at all',
          },
        },
        why: 'Your own share. One of the Reward Addresses of the page Identity.',
      },
      {
        label: 'Default Revenue Shares → Add Share, %',
        answer: { decide: { example: '10', rule: 'a whole number from 1 to 100' } },
        why: 'All shares of a service and the Middleman’s fee together are at most 100; what is left goes to the owner of the stake.',
      },
      ...assigned(offeredServices(deployment)),
      {
        label: 'Each service → Add Supplier Share and Add Share',
        answer: {
          decide: {
            rule: 'leave what was copied, or change, remove or add shares by the same rules',
          },
        },
        why: 'Only where a service differs from the default shares. All of them may be left out: then everything but the Middleman’s fee goes to the owner of the stake.',
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

function assigned(ids: readonly string[]): Field[] {
  const why =
    'The list shows its name on chain, not its id. It gets a copy of the default shares, so set those first.';
  if (ids.length > 0)
    return ids.map((id) => ({ label: 'Assign services', answer: { type: id }, why }));
  const rule = 'at least one of the page Services';
  return [{ label: 'Assign services', answer: { decide: { example: 'eth', rule } }, why }];
}
