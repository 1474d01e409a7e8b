import { publicKey } from '../secrets.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, list } from './markdown.ts';
import { word } from './words.ts';

/** What nobody but the operator can do. */
export function remaining({ deployment, secrets }: ReportInput): string {
  const { relay_public_domain: domain, reverse_proxy: proxy } = deployment.profile;
  const provider = deployment.group('provider_hosts').length > 0;
  const relayers = deployment.group('relay_relayers').length > 0;
  return blocks(
    '## What remains for you',
    list([
      ...(domain !== undefined && proxy.tls === 'acme'
        ? [
            `DNS: point ${code(domain)} at ${deployment
              .group('reverse_proxy_hosts')
              .map(({ address }) => code(address))
              .join(', ')}.`,
          ]
        : []),
      ...(relayers
        ? ['Backends: the nodes that answer relays are yours to run; validation asks each of them.']
        : []),
      ...(provider
        ? [
            'The wizard above, staking, and funds on the suppliers’ addresses.',
            `To be found by a ${word('middleman')}: publish the Provider’s API under an https name, and ask for an entry in ` +
              '`provider.json` of your chain in the repository pokt-network/igniter-governance: `name`, ' +
              `\`identity\` ${code(publicKey(secrets.get('app_identity').reveal()))}, \`identityHistory\` ${code('[]')}, and ` +
              '`url` without a slash at its end.',
          ]
        : []),
      'Firewall: allow only the connections of the table above.',
      'Backups: the list below, on another machine.',
    ]),
  );
}
