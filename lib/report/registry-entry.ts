import { publicKey } from '../secrets/secrets.ts';
import type { ReportInput } from './input.ts';
import { blocks, code } from './markdown.ts';
import { word } from './words.ts';

/** Where the registry keeps each kind. Its folder for beta has the name that the chain had before. */
const FILES = { provider: 'provider.json', middleman: 'middleman.json' } as const;

/**
 * The entries with which the network's registry knows the applications of this deployment, ready to paste. Source of
 * their form, four keys and no other: pokt-network/igniter-governance, f96dff8a.
 */
export function registryEntries({ deployment, secrets }: ReportInput): string {
  const { profile, network } = deployment;
  const folder = network.name === 'beta' ? 'pocket-beta' : network.chainId;
  const entry = (kind: keyof typeof FILES, identity: string, domain: string | undefined) => {
    const value = {
      name: '…',
      identity,
      identityHistory: [],
      url: domain === undefined ? 'https://…' : `https://${domain}`,
    };
    return `In ${code(`${folder}/${FILES[kind]}`)}:\n\n\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
  };
  const key = (name: 'app_identity' | 'middleman_app_identity') =>
    publicKey(secrets.get(name).reveal());
  const provider = deployment.group('provider_hosts').length > 0;
  const middleman = deployment.group('middleman_hosts').length > 0;
  if (!provider && !middleman) return '';
  return blocks(
    '### Entries for the governance registry',
    `Providers find delegators, and a ${word('middleman')} finds Providers, in the repository pokt-network/igniter-governance. Ask for these entries there in a pull request, each with a name of your choice; \`url\` has no slash at its end.`,
    provider && entry('provider', key('app_identity'), profile.provider_public_api_domain),
    middleman && entry('middleman', key('middleman_app_identity'), profile.middleman_domain),
  );
}
