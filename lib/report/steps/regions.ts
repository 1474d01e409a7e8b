import type { Step } from '../wizard.ts';

/** Wizard page 3. Source: igniter, apps/provider, setup stepper and database schema, v0.9. */
export function regions(): Step {
  return {
    page: 3,
    title: 'Configure Regions',
    about: 'Where your relay miners are. At least one.',
    fields: [
      {
        label: 'Display Name',
        answer: { decide: { example: 'US East', rule: '1 to 20 characters, each name once' } },
        why: 'What is displayed; relay miners refer to it.',
      },
      {
        label: 'URL Value',
        answer: {
          decide: {
            example: 'us-east',
            rule: 'lower case letters, digits and dashes, at most 20, each value once',
          },
        },
        why: 'Becomes a part of relay URLs only where a URL holds `{region}`.',
      },
    ],
    notes:
      'Choose well: after staking, another region, relay miner or URL makes every supplier concerned stake anew, with fees.',
  };
}
