import { publicKey } from '../secrets/secrets.ts';
import type { ReportInput } from './input.ts';
import { blocks, code } from './markdown.ts';

/**
 * The entries with which the network's registry knows the applications of this deployment, ready to paste but for the
 * name; none for a local network, which shares its chain id with main and is in no registry. The schemas name every key,
 * and a pull request with another is refused: pokt-network/igniter-governance, schemas, bf6be98e. The registry's
 * own question to a Provider: igniter, docs/guides/provider/expose-api.md, 22e3f9d4.
 */
export function registryEntries({ deployment, secrets }: ReportInput): string {
  const { profile, network } = deployment;
  const { provider_public_api_domain: api } = profile;
  // Its folder for beta has the name that the chain had before.
  const folder = network.name === 'beta' ? 'pocket-beta' : network.chainId;
  const entry = (file: string, key: 'app_identity' | 'middleman_app_identity', more = {}) => {
    const identity = publicKey(secrets.get(key).reveal());
    const value = { name: '…', identity, identityHistory: [], ...more };
    return `In ${code(`${folder}/${file}`)}:\n\n\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
  };
  const provider = deployment.group('provider_hosts').length > 0 && api !== undefined;
  const middleman = deployment.group('middleman_hosts').length > 0;
  if (network.name === 'local' || (!provider && !middleman)) return '';
  return blocks(
    '### Entries for the governance registry',
    `Providers find delegators, and a Middleman finds Providers, in the repository [pokt-network/igniter-governance](https://github.com/pokt-network/igniter-governance). Ask for these entries there in a pull request, which is a change that you propose on GitHub and its keepers accept: each entry is added to the JSON list in its file, with a name of your choice in the place of \`…\`, and without any other key.`,
    provider && entry('provider.json', 'app_identity', { url: `https://${api}` }),
    provider &&
      `The URL has no slash at its end: with one, some calls would go to \`//api/…\`, which the proxy does not let through. The registry asks ${code(`https://${api}/api/identity`)}, which has to answer with this identity: ask for the entry when validation says that it does.`,
    middleman && entry('middleman.json', 'middleman_app_identity'),
  );
}
