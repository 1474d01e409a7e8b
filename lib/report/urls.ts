import type { Host } from '../deployment.ts';
import type { PortName } from '../ports.ts';
import { tlsOf } from '../proxy/sites.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, commands, table } from './markdown.ts';
import { relayUrls } from './relay-urls.ts';
import { portalOf, tunnel } from './tunnel.ts';

/** Where everything is opened. */
export function urls(input: ReportInput): string {
  return blocks(
    '## URLs',
    portal(input),
    api(input),
    middleman(input),
    relays(input),
    inside(input),
  );
}

function portal({ deployment }: ReportInput): string {
  const found = portalOf(deployment);
  if (!found) return '';
  const { url, tunnel: command, throughTunnel } = found;
  return blocks(
    '### Portal',
    command &&
      `The portal is not public. Keep this running in a terminal of its own:\n\n${commands(command)}`,
    `Then open exactly ${code(url)} in the browser: host and port must be those of \`provider.auth_url\` to the letter, and \`localhost\` is not \`127.0.0.1\`.`,
    throughTunnel ? '' : entrance(deployment, url),
  );
}

/** What is behind a portal's URL that is no tunnel's. */
function entrance({ profile }: ReportInput['deployment'], url: string): string {
  return profile.provider_domain?.toLowerCase() === new URL(url).hostname
    ? 'The proxy shows it to those whom `reverse_proxy.provider_admin` lets in, and to nobody else.'
    : 'That name must lead to the Provider through a proxy of your own, with TLS and not open to the public.';
}

function api({ deployment }: ReportInput): string {
  const { provider_public_api_domain: domain } = deployment.profile;
  if (deployment.group('provider_hosts').length === 0 || domain === undefined) return '';
  return blocks(
    '### The Provider’s API, from the internet',
    `${code(`https://${domain}`)}, for each Middleman that you switch on among the delegators. Of the Provider, nothing else is public.`,
  );
}

function middleman({ deployment }: ReportInput): string {
  const { middleman_domain: domain } = deployment.profile;
  if (deployment.group('middleman_hosts').length === 0 || domain === undefined) return '';
  return blocks(
    '### Middleman, from the internet',
    `${code(`https://${domain}`)}, for everybody who stakes.`,
  );
}

function relays({ deployment }: ReportInput): string {
  const all = relayUrls(deployment);
  if (all.length === 0) return '';
  return blocks(
    '### Relays, from the internet',
    table(
      ['Service', 'Transport', 'URL'],
      all.map(({ serviceId, transport, url }) => [code(serviceId), transport, code(url)]),
    ),
    certificates(deployment.profile),
  );
}

/** What relays arrive with, and what that needs. */
function certificates(profile: ReportInput['deployment']['profile']): string {
  const { relay_public_domain: domain = '' } = profile;
  const record = `The DNS record of ${code(domain)} must lead to the proxy`;
  return {
    internal:
      'The certificates are of a private authority (`reverse_proxy.tls: internal`): gateways refuse them. It is for a lab only.',
    acme: `${record} before certificates can be had (ACME).`,
    'acme-dns': `${record}. The certificate comes through the DNS provider, without that record (ACME).`,
    certificate: `${record}. The certificate is your own, of \`reverse_proxy.certificates\`.`,
  }[tlsOf(profile, domain)];
}

/** What each internal page is, by the port it is at. Source: pocket-relay-miner, v0.1.x. */
const PAGES: [
  service: PortName,
  group: 'relay_relayers' | 'relay_miners' | 'monitoring_hosts',
  what: string,
  url: string,
][] = [
  ['relayer-health', 'relay_relayers', 'Is the relayer ready?', 'http://localhost:8081/ready'],
  ['relayer-metrics', 'relay_relayers', 'Metrics of the relayer', 'http://localhost:9090/metrics'],
  ['miner', 'relay_miners', 'Is the miner alive?', 'http://localhost:9092/health'],
  ['miner', 'relay_miners', 'Metrics of the miner', 'http://localhost:9092/metrics'],
  [
    'grafana',
    'monitoring_hosts',
    'Grafana: sign in as `admin`, with the secret `grafana_admin_password`',
    'http://localhost:3002',
  ],
  ['prometheus', 'monitoring_hosts', 'Prometheus: alerts and targets', 'http://localhost:9091'],
];

function inside({ deployment }: ReportInput): string {
  const rows = PAGES.flatMap(([service, group, what, url]) =>
    deployment.group(group).map((host: Host) => {
      const domain = service === 'grafana' && deployment.profile.grafana_domain;
      if (domain) return [what, code(host.name), 'none needed', code(`https://${domain}`)];
      const command = tunnel(deployment, host, service);
      return [what, code(host.name), command ? code(command) : 'none needed', code(url)];
    }),
  );
  if (rows.length === 0) return '';
  return blocks(
    '### Health and metrics, through ssh',
    table(['What', 'Host', 'Keep running', 'Then open'], rows),
    contends(deployment) &&
      'Commands for the same page on several hosts use the same port of this machine: only one of them can run at a time. Ctrl+C ends it.',
  );
}

/** Whether a page is on several hosts that are reached through tunnels, which begin at one port. */
function contends(deployment: ReportInput['deployment']): boolean {
  return PAGES.some(
    ([, group]) => deployment.group(group).filter(({ local }) => !local).length > 1,
  );
}
