import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import { DOMAINS } from './history.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, list } from './markdown.ts';
import { fromReport, script } from './place.ts';
import { registryEntries } from './registry-entry.ts';

/** What nobody but the operator can do. */
export function remaining(input: ReportInput): string {
  const { deployment, secrets } = input;
  const { profile } = deployment;
  const proxies = deployment.group('reverse_proxy_hosts').map(({ address }) => code(address));
  const provider = deployment.group('provider_hosts').length > 0;
  const relayers = deployment.group('relay_relayers').length > 0;
  const keysFile = profile.relayminer?.keys_file;
  const alertTest =
    deployment.profilePath === undefined
      ? ''
      : `: ${code(`${script('validate')} --profile ${quote(shortPath(deployment.profilePath))} --alert`)}`;
  return blocks(
    '## What remains for you',
    list([
      ...(proxies.length > 0 && profile.reverse_proxy.tls !== 'internal'
        ? DOMAINS.flatMap((key) => profile[key] ?? []).map(
            (domain) => `DNS: point ${code(domain)} at ${proxies.join(', ')}.`,
          )
        : []),
      ...(keysFile !== undefined && secrets.supplierKeys.length === 0
        ? [
            `Supplier keys: ${keysFile.startsWith('file:') ? code(shortPath(keysFile.slice(5))) : code('relayminer.keys_file')} has none yet. Make them in the portal, [write them into it](${fromReport(deployment, 'README.md')}#where-supplier-keys-come-from), then deploy everything.`,
          ]
        : []),
      ...(relayers
        ? ['Backends: the nodes that answer relays are yours to run; validation asks each of them.']
        : []),
      ...(provider
        ? [
            'The wizard above, staking, and funds on the suppliers’ addresses.',
            ...toBeFound(deployment),
          ]
        : []),
      ...(deployment.group('middleman_hosts').length > 0
        ? [
            'The wizard of the Middleman, above. Its sign-in is tested by hand once: with the owner’s wallet, then with another.',
            deployment.network.name === 'local'
              ? 'The identity of the Middleman, in the list that the Provider reads (`provider.delegators_url`): a local network is in no registry.'
              : 'The entry of the Middleman in the registry, below; until then no Provider but those with a list of their own accepts what it signs.',
          ]
        : []),
      ...(profile.firewall.enabled
        ? []
        : [
            'Firewall: it is off in the profile (`firewall.enabled`). Allow only the connections of the table above.',
          ]),
      ...(deployment.group('monitoring_hosts').length > 0 && profile.monitoring.alerts.length === 0
        ? [
            `Alerts: nobody is told of them. Say in the profile how (\`monitoring.alerts\`, such as \`[slack]\` with \`secrets.alert_slack_url\`), deploy, and try it${alertTest}.`,
          ]
        : []),
      'Backups: the list below, on another machine.',
    ]),
    registryEntries(input),
  );
}

/** What it takes until Middlemen offer the Provider; a local network’s are told of it by their own lists. */
function toBeFound({ profile, network }: ReportInput['deployment']): string[] {
  const isListed = network.name !== 'local';
  if (profile.provider_public_api_domain === undefined) {
    const then = isListed ? ' This report then has its entry for the registry.' : '';
    return [
      `To be found by a Middleman: publish the Provider’s API under an https name (\`provider_public_api_domain\`).${then}`,
    ];
  }
  if (!isListed) return [];
  return [
    'The entry of the Provider in the registry, below; until then no Middleman but those with a list of their own offers it.',
  ];
}
