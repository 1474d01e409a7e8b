import { NETWORKS, type NetworkName } from '../../profile/networks.ts';
import { publicKey } from '../../secrets/secrets.ts';
import type { ReportInput } from '../input.ts';
import { blocks, code, table } from '../markdown.ts';
import type { Step } from '../wizard.ts';

/** Who was in the network’s own list on 2026-03-10. Source: igniter-governance, f96dff8a. */
const LISTED: Partial<Record<NetworkName, Record<string, string>>> = {
  main: {
    'Pocket Staking': '024565384415596422bdec1fc47a6198130f74de7292b78eb7408309d6ecb4ce9f',
    'Qspider Staking': '02b6ad44ccd98d9bc4b39d27cb1a34ae08c5f4662633b822a8f7d8b7ba0c9584b2',
  },
  beta: { StakeIgniter: '03d0ee81ff9462a25750e693b719686bd01f9bd945b9528c95b0ed388a31c1e82b' },
};

/** Wizard page 7. Source: igniter, apps/provider, delegators page and GovernanceSync, v0.9. */
export function delegators({ deployment, secrets }: ReportInput): Step {
  const { delegatorsUrl, chainId, name } = deployment.network;
  return {
    page: 7,
    title: 'Delegators',
    about: `Through which delegators people may stake with you. The list comes from ${code(delegatorsUrl.replace('{chainId}', chainId))}.`,
    fields: [
      {
        label: 'Enabled, a switch for each',
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
      delegatorsUrl === NETWORKS[name].delegatorsUrl && expected(name),
      deployment.group('middleman_hosts').length > 0 &&
        `The Middleman of this deployment is ${code(publicKey(secrets.get('middleman_app_identity').reveal()))}: switch it on, or its users find no keys here. ${
          name === 'local'
            ? 'It is in the list once you have put it there: a local network is in no registry.'
            : 'It is in the list once the governance registry has it, which is among what remains for you below.'
        }`,
      'While the list is empty, Next stays disabled: `provider.delegators_url` of the profile must lead to a JSON list that is not empty. ' +
        'Once you have changed it in the profile, deploy again: only then does the Provider know. Then reload this page.',
      'Newly listed delegators are switched on by themselves later; for a closed list, point that URL at a list of your own.',
    ),
  };
}

function expected(name: NetworkName): string {
  const listed = Object.entries(LISTED[name] ?? {});
  if (listed.length === 0) return '';
  return `These were in the list on 2026-03-10; some may have come or gone since. Compare the identity, not only the name:\n\n${table(
    ['Name', 'Identity'],
    listed.map(([who, identity]) => [who, code(identity)]),
  )}`;
}
