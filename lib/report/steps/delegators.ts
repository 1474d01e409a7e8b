import { publicKey } from '../../secrets/secrets.ts';
import type { ReportInput } from '../input.ts';
import { blocks, code } from '../markdown.ts';
import type { Step } from '../wizard.ts';
import { word } from '../words.ts';

/** Wizard page 7. Source: igniter, apps/provider, delegators page and GovernanceSync, v0.9. */
export function delegators({ deployment, secrets }: ReportInput): Step {
  const { delegatorsUrl, chainId, name } = deployment.network;
  return {
    title: 'Delegators',
    about: `Through which ${word('delegator', 'delegators')} people may stake with you. The list comes from ${code(delegatorsUrl.replace('{chainId}', chainId))}.`,
    fields: [
      {
        label: 'Enabled',
        answer: {
          decide: {
            example: 'Select All',
            rule: 'the delegators, by name and identity, that you want to work with',
          },
        },
        why: 'A delegator that is off cannot ask for your supplier keys.',
      },
    ],
    notes: blocks(
      deployment.group('middleman_hosts').length > 0 &&
        `The ${word('middleman')} of this deployment is ${code(publicKey(secrets.get('middleman_app_identity').reveal()))}: switch it on, or its users find no keys here. ${
          name === 'local'
            ? 'It is in the list once you have put it there: a local network is in no registry.'
            : 'It is in the list once the registry has it, which is among what remains for you below.'
        }`,
      'While the list is empty, Next stays disabled: `provider.delegators_url` of the profile must lead to a JSON list that is not empty. ' +
        'Newly listed delegators are switched on by themselves later; for a closed list, point that URL at a list of your own.',
    ),
  };
}
