import { portalUrl } from '../../profile/portal-url.ts';
import type { ReportInput } from '../input.ts';
import { blocks, code, list, table } from '../markdown.ts';
import type { Field, Step } from '../wizard.ts';
import { stakeOfSupplier } from './blockchain.ts';

/** What the stake flow sends to a new supplier unless the settings say otherwise. Source: igniter, application settings, v0.9. */
const FIRST_FUNDS_POKT = 5;

/** What follows a stake, in the order in which it does. Source: igniter, apps/provider-workflows, bootstrap, 0f7b0aed. */
const SCHEDULES: [schedule: string, every: string, what: string][] = [
  ['SupplierStatus', '2 minutes', 'Reads from the chain which keys are staked.'],
  [
    'SupplierInitialStake',
    '10 seconds',
    'Registers the services of a new supplier, in a transaction signed with the supplier’s key.',
  ],
  ['ExecutePendingTransactions', '10 seconds', 'Sends such transactions to the chain.'],
  ['VerifyPendingTransactions', '30 seconds', 'Looks whether the chain has taken them.'],
  [
    'SupplierRemediation',
    '10 seconds',
    'Registers services anew where chain and settings differ, which costs fees.',
  ],
  ['GovernanceSync', '5 minutes', 'Reads the list of delegators.'],
];

/** What happens after the wizard. Source: igniter, apps/provider-workflows and docs/guides/middleman, v0.9. */
export function workflows({ deployment }: ReportInput): Step {
  return {
    title: 'Staking, and the workflows that follow it',
    about:
      'Staking is done at the site of a delegator, a Middleman: it builds the transaction, and the wallet of the owner signs it there. Neither the portal nor this tool stakes.',
    fields: stake(deployment),
    notes: blocks(
      `Then press Stake, and sign in the wallet when it asks. What follows is the work of the Provider; the page ${code(`${portalUrl(deployment.profile)}/admin/workflows`)} shows it to the owner, under Schedules with the time of the last run:`,
      table(
        ['Schedule', 'Every', 'What it does'],
        SCHEDULES.map(([name, every, what]) => [code(`${name}-scheduled`), every, what]),
      ),
      list([
        `The supplier’s address needs uPOKT for its fees: the stake flow sends ${FIRST_FUNDS_POKT} POKT at first; refill it below 2 POKT.`,
        'A new supplier’s public key is unknown on chain until its first transaction. Relay answers of its first session can be refused until then.',
        'A key that was handed out and not staked for 24 hours becomes `missing_stake`: release it in the portal.',
      ]),
    ),
  };
}

/** The way through the stake flow of a Middleman. Source: igniter, docs/guides/middleman/stake-first-nodes.md, 46640827. */
function stake(deployment: ReportInput['deployment']): Field[] {
  const { profile, network } = deployment;
  const { middleman_domain: domain, provider } = profile;
  const here = deployment.group('middleman_hosts').length > 0 && domain !== undefined;
  const amount = stakeOfSupplier(network.name, provider?.minimum_stake_buffer_upokt ?? 0);
  return [
    {
      label: 'Address bar of the browser',
      answer: here
        ? { type: `https://${domain}/app/stake` }
        : { decide: { rule: 'the site of a delegator that is switched on, as its operator says' } },
      why: here
        ? 'The Middleman of this deployment, once its wizard, below, is finished and the Provider is chosen and visible there.'
        : 'On it, New Stake. It offers your Provider once it has it in its list.',
    },
    {
      label: 'Connect Wallet → account',
      answer: { decide: { rule: 'the address whose POKT is staked' } },
      why: 'It becomes the owner of the stake, to whom it returns in the end.',
    },
    {
      label: 'Stake amount, POKT',
      answer: {
        decide: {
          ...(amount !== undefined && { example: String(amount) }),
          rule: 'for each supplier, the Minimum Stake of wizard step 1',
        },
      },
      why: `The wallet needs more: for each supplier ${FIRST_FUNDS_POKT} POKT for its fees, ${amount === undefined ? '' : `so ${code(amount + FIRST_FUNDS_POKT)} for one, `}and the fee of the transaction, which the page shows before you sign.`,
    },
    {
      label: 'Offer',
      answer: { decide: { rule: 'the one of your Provider' } },
      why: 'With the services and shares of your address group.',
    },
  ];
}
