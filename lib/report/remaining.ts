import { publicKey } from '../secrets.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, list } from './markdown.ts';
import { word } from './words.ts';

const DOMAINS = [
  'relay_public_domain',
  'provider_domain',
  'provider_public_api_domain',
  'middleman_domain',
  'grafana_domain',
] as const;

/** What nobody but the operator can do. */
export function remaining({ deployment, secrets }: ReportInput): string {
  const { profile } = deployment;
  const proxies = deployment.group('reverse_proxy_hosts').map(({ address }) => code(address));
  const provider = deployment.group('provider_hosts').length > 0;
  const relayers = deployment.group('relay_relayers').length > 0;
  return blocks(
    '## What remains for you',
    list([
      ...(proxies.length > 0 && profile.reverse_proxy.tls !== 'internal'
        ? DOMAINS.flatMap((key) => profile[key] ?? []).map(
            (domain) => `DNS: point ${code(domain)} at ${proxies.join(', ')}.`,
          )
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
      ...(profile.firewall.enabled
        ? []
        : [
            'Firewall: it is off in the profile (`firewall.enabled`). Allow only the connections of the table above.',
          ]),
      'Backups: the list below, on another machine.',
    ]),
  );
}
