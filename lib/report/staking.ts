import type { ReportInput } from './input.ts';
import { blocks } from './markdown.ts';
import { addressGroups } from './steps/address-groups.ts';
import { blockchain } from './steps/blockchain.ts';
import { delegators } from './steps/delegators.ts';
import { identity } from './steps/identity.ts';
import { finish, notifications } from './steps/notifications.ts';
import { regions } from './steps/regions.ts';
import { relayMiners } from './steps/relay-miners.ts';
import { services } from './steps/services.ts';
import { signIn } from './steps/sign-in.ts';
import { supplierKeys } from './steps/supplier-keys.ts';
import { workflows } from './steps/workflows.ts';
import { type Step, stepSection } from './wizard.ts';

/**
 * The pages to fill in on the way to staked suppliers, in order; those that matter where the Provider is elsewhere, and
 * none where nothing here serves relays either.
 */
export function stakingSteps(input: ReportInput): Step[] {
  const open = signIn(input);
  if (open) {
    return [
      open,
      blockchain(input),
      identity(input),
      regions(),
      relayMiners(input),
      services(input),
      addressGroups(input),
      delegators(input),
      notifications(input),
      finish(),
      supplierKeys(input),
      workflows(input),
    ];
  }
  const { deployment } = input;
  const groups = ['relay_relayers', 'relay_miners'] as const;
  return groups.some((name) => deployment.group(name).length > 0)
    ? [relayMiners(input), services(input), supplierKeys(input)]
    : [];
}

/** What the operator types into Igniter, page by page. */
export function staking(input: ReportInput): string {
  const steps = stakingSteps(input);
  if (steps.length === 0) return '';
  const here = input.deployment.group('provider_hosts').length > 0;
  return blocks(
    '## What to type into Igniter, step by step',
    here
      ? 'The Igniter Provider sets up staking; only its owner can do this, in a browser with the owner’s wallet. You, the operator, go through these pages from top to bottom. Where a value is your decision, the example is one that the field accepts.'
      : 'The Igniter Provider is not part of this deployment. These are the values that a Provider elsewhere needs from here.',
    ...steps.map(stepSection),
  );
}
