import { STAKE_BUFFER_UPOKT } from '../profile/igniter-schema.ts';
import { publicKey } from '../secrets/secrets.ts';
import type { ReportInput } from './input.ts';
import { blocks, code } from './markdown.ts';
import { blockchainOf } from './steps/blockchain.ts';
import { walletFields, walletNotes } from './steps/sign-in.ts';
import { type Step, stepSection } from './wizard.ts';

/** What the owner of the Middleman types into its setup wizard; nothing where the deployment has none. */
export function middleman(input: ReportInput): string {
  const steps = middlemanSteps(input);
  if (steps.length === 0) return '';
  return blocks(
    '## What to type into the Middleman, step by step',
    'The Middleman is public as soon as its name is. Until its owner has gone through these pages, nobody else can sign in.',
    ...steps.map(stepSection),
  );
}

/** The pages of its wizard. Source: igniter, apps/middleman, sign-in and setup pages, v0.9. */
export function middlemanSteps(input: ReportInput): Step[] {
  const { profile } = input.deployment;
  const { middleman: settings, middleman_domain: domain } = profile;
  if (input.deployment.group('middleman_hosts').length === 0 || !settings || !domain) return [];
  const own = settings.minimum_stake_buffer_upokt;
  const from = own === undefined && profile.provider ? 'provider' : 'middleman';
  const buffer = own ?? profile.provider?.minimum_stake_buffer_upokt ?? STAKE_BUFFER_UPOKT;
  return [
    signIn(input, domain, settings.owner_identity),
    blockchainOf(input, {
      title: 'Middleman',
      identity: 'middleman_app_identity',
      buffer,
      bufferKey: `${from}.minimum_stake_buffer_upokt`,
      // igniter, apps/middleman, setup/blockchainFrom.tsx, f4e4d78f.
      stake: { label: 'Network Minimum Stake', unit: 'In POKT' },
    }),
    branding(settings.owner_email, settings.owner_identity),
    providers(input, domain),
    finish(),
  ];
}

function signIn({ deployment }: ReportInput, domain: string, owner: string): Step {
  return {
    title: 'Open the setup wizard of the Middleman',
    about: 'No tunnel is needed: it is public.',
    fields: [
      {
        label: 'Address bar of the browser',
        answer: { type: `https://${domain}/admin/setup` },
        why: 'To the letter: the sign-in is refused under any other name than `middleman_domain`.',
      },
      ...walletFields(deployment, owner),
    ],
    notes: blocks(
      'At every sign-in the Middleman asks itself at this address whether its wizard is finished. Where it cannot reach itself, ordinary users are refused: validation asks the same from inside its container.',
      ...walletNotes(deployment, owner, 'middleman.owner_identity'),
    ),
  };
}

function branding(email: string, owner: string): Step {
  return {
    page: 2,
    title: 'Application Settings and Branding',
    about: 'What those who stake see, and what the service costs them.',
    fields: [
      {
        label: 'Name',
        answer: { decide: { example: 'My Staking Portal', rule: 'the name of the site' } },
        why: 'What is displayed.',
      },
      {
        label: 'Support Email',
        answer: { decide: { example: email, rule: 'an e-mail address; it cannot be left empty' } },
        why: 'Where stakers reach you.',
      },
      {
        label: 'Owner Email',
        answer: { type: email },
        why: '`middleman.owner_email`, which is filled in already.',
      },
      {
        label: 'Service Fee (%)',
        answer: { decide: { example: '1', rule: 'a whole number from 0 to 100' } },
        why: 'Your cut of the rewards. Together with what a Provider’s address group shares out it must stay within 100, or no keys can be had from it.',
      },
      {
        label: 'Delegator rewards address',
        answer: {
          decide: { example: owner, rule: 'an address that begins with `pokt`, of 43 characters' },
        },
        why: 'Where the fee is paid. The example is the owner’s.',
      },
      {
        label: 'Privacy Policy',
        answer: { decide: { rule: 'text, or empty' } },
        why: 'What is displayed.',
      },
    ],
  };
}

function providers({ deployment, secrets }: ReportInput, domain: string): Step {
  const { providersUrl, chainId, name } = deployment.network;
  const here = deployment.group('provider_hosts').length > 0;
  const listed =
    name === 'local'
      ? 'you have put it there: a local network is in no registry.'
      : 'the governance registry has it.';
  return {
    page: 3,
    title: 'Configure Providers',
    about: `With which Providers people may stake here. The list comes from ${code(providersUrl.replace('{chainId}', chainId))}.`,
    fields: [
      {
        label: 'Providers',
        answer: { decide: { rule: 'one or more, by name and identity' } },
        why: here
          ? `The Provider of this deployment has the identity ${code(publicKey(secrets.get('app_identity').reveal()))}. It is in the list once ${listed}`
          : 'Only Providers that are chosen are offered.',
      },
    ],
    notes: blocks(
      'While the list is empty this page cannot be passed: `middleman.providers_url` of the profile must lead to a JSON list that is not empty. ' +
        'Once you have changed it in the profile, deploy again: only then does the Middleman know. ' +
        'Should the list be empty on the first visit only, press Back, then Next.',
      `Afterwards, at ${code(`https://${domain}/admin/providers`)}, each chosen Provider must be visible, or nothing is offered.`,
    ),
  };
}

function finish(): Step {
  return {
    page: 4,
    title: 'Complete',
    about: 'The end of the wizard.',
    fields: [
      {
        label: 'Button to press',
        answer: { type: 'Complete' },
        why: 'Only now can others sign in, and its worker begins to work, within about a minute.',
      },
    ],
  };
}
