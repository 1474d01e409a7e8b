import type { ReportInput } from '../input.ts';
import type { Step } from '../wizard.ts';

/** Wizard page 2. Source: igniter, apps/provider, setup stepper, v0.9. */
export function identity({ deployment }: ReportInput): Step {
  const { owner_email: email, owner_identity: owner } = deployment.profile.provider ?? {};
  return {
    page: 2,
    title: 'Identity Settings',
    about: 'How delegators see you.',
    fields: [
      {
        label: 'Provider Name',
        answer: { decide: { example: 'My Provider', rule: '1 to 255 characters' } },
        why: 'What is displayed.',
      },
      {
        label: 'Support Email',
        answer: {
          decide: { ...(email && { example: email }), rule: 'an e-mail address, or empty' },
        },
        why: 'Where stakers reach you. The example is `provider.owner_email`.',
      },
      {
        label: 'Reward Addresses',
        answer: {
          decide: {
            ...(owner && { example: owner }),
            rule: 'addresses that begin with `pokt1`, separated by spaces or lines, or none at all',
          },
        },
        why:
          'Where your own share of the rewards goes. Must be the addresses of the page Address Groups, ' +
          'or delegators do not see your share. One invalid address rejects the list. ' +
          'The example is the owner’s.',
      },
    ],
  };
}
