import type { ReportInput } from '../input.ts';
import { code } from '../markdown.ts';
import type { Answer, Step } from '../wizard.ts';

/** Wizard page 4. Source: igniter, apps/provider, setup stepper, v0.9. */
export function relayMiners({ deployment }: ReportInput): Step {
  const { relay_public_domain: domain } = deployment.profile;
  const answer: Answer =
    domain === undefined
      ? {
          decide: {
            example: 'relay.example.com',
            rule: 'the public name of your relays, at least one dot, no scheme',
          },
        }
      : { type: domain };
  const relayers = deployment.group('relay_relayers').map(({ name }) => code(name));
  return {
    page: 4,
    title: 'Configure Relay-miners',
    about:
      relayers.length > 0
        ? `One entry stands for everything behind one public name: here the relayers on ${relayers.join(', ')}.`
        : 'One entry for each public name under which relays arrive.',
    fields: [
      {
        label: 'Name',
        answer: { decide: { example: 'Primary US East', rule: '1 to 255 characters' } },
        why: 'What is displayed; address groups refer to it.',
      },
      {
        label: 'Identity',
        answer: {
          decide: {
            example: 'rm-01',
            rule: 'lower case words of letters and digits joined by single dashes, at most 66, each once per region',
          },
        },
        why: 'Becomes a part of relay URLs only where a URL holds `{rm}`.',
      },
      {
        label: 'Region',
        answer: { decide: { example: 'US East', rule: 'one of the page before' } },
        why: 'Where it is.',
      },
      {
        label: 'Domain',
        answer,
        why: '`relay_public_domain` of the profile. No `https://` in front.',
      },
    ],
  };
}
