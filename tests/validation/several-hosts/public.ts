import { again, leadsTo, proxyWith } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { ownCertificate } from '../own-certificate.ts';

const fix = /^scripts\/reverse-proxy\.mjs .*--limit node; .*logs --tail 50 caddy$/;
const only = ['public', 'middleman'];
const REFUSED = [
  ...['root', 'admin', 'session', 'health', 'bootstrap', 'rpc'],
  ...['method', 'slash', 'double-slash', 'case', 'encoded', 'action'],
];
const ALLOWED = [
  ...['', '-stake', '-unstaking', '-release', '-address-groups'].map((more) => `suppliers${more}`),
  ...['request', 'submit', 'status'].map((one) => `import-suppliers-${one}`),
].map((name) => `public.api-allows-${name}`);
const SITES = ['provider-api', 'middleman'];
const CERTIFICATES = SITES.flatMap((site) => [`public.certificate-${site}`, `public.tls-${site}`]);
const NAMES = { 'provider-api': 'provider.nodes.net', middleman: 'stake.nodes.net' };

const files =
  /renew the files at reverse_proxy\.certificates\.\S+ in the profile, when .*; scripts\/reverse/;
/** Every name's certificate, of an authority that this machine does not know, from then to then. */
const aged = (from: number, to: number, verdict: 'warn' | 'fail', evidence: RegExp): Breakage => ({
  check: SITES.map((site) => `public.certificate-${site}`),
  verdict,
  breaks: [ownCertificate('node', { names: Object.values(NAMES), from, to })],
  evidence,
  fix: files,
  mends: [again('reverse-proxy', 'node')],
  only: CERTIFICATES,
});

export const BREAKAGES: readonly Breakage[] = [
  {
    check: ['public.api', 'public.api-identity', ...ALLOWED, 'middleman.provider-api'],
    breaks: [
      proxyWith('sites/provider-api.caddy', 's/^\\troute \\{$/&\\n\\t\\trespond 403/', 'node'),
    ],
    evidence: /^HTTP 403/,
    fix: /^scripts\/reverse-proxy\.mjs|the DNS record of provider\.nodes\.net and its proxy/,
    only,
  },
  {
    // A list that somebody has typed, and missed one.
    check: 'public.api-allows-suppliers-unstaking',
    breaks: [proxyWith('sites/provider-api.caddy', 's/\\|unstaking\\|/|/', 'node')],
    evidence: /^HTTP 404 ; wanted: the Provider’s own 400 or 403$/,
    fix,
    only,
  },
  {
    check: ['public.middleman', 'middleman.own-url'],
    breaks: [proxyWith('sites/middleman.caddy', 's/^\\tlog$/&\\n\\trespond 403/', 'node')],
    evidence: /^HTTP 403/,
    fix: /^scripts\/reverse-proxy\.mjs|the DNS record of stake\.nodes\.net and its proxy/,
    only,
  },
  {
    check: REFUSED.map((name) => `public.api-refuses-${name}`),
    breaks: [
      proxyWith(
        'sites/provider-api.caddy',
        's/^\\t\\trespond 404$/\\t\\treverse_proxy {$PROVIDER}/; /^\\t\\trespond @action 403$/d',
        'node',
      ),
    ],
    evidence: /wanted: the proxy’s own 404, without a body$/,
    fix,
    only,
  },
  {
    check: SITES.map((site) => `public.redirect-${site}`),
    breaks: [
      proxyWith(
        'Caddyfile',
        's/^\\tskip_install_trust$/\\tskip_install_trust\\n\\tauto_https disable_redirects/',
        'node',
      ),
    ],
    evidence: /HTTP 404; wanted: 308 to https/,
    fix,
    alsoFails: ['public.redirect-relays'],
    only,
  },
  {
    check: SITES.map((site) => `public.tls-${site}`),
    breaks: [
      proxyWith(
        'Caddyfile',
        's/^\\t\\tload .*certificates$/&\\n\\t\\tprotocols tls1.2 tls1.2/',
        'node',
      ),
    ],
    evidence: /no handshake with TLS 1\.3/,
    fix,
    only,
  },
  ...Object.entries(NAMES).flatMap(([site, name]): Breakage[] => [
    {
      // Without the files: a site of another name would not do, since Caddy has what it has loaded for every site.
      check: `public.certificate-${site}`,
      breaks: [proxyWith('Caddyfile', 's/^(\\t\\tload .*)certificates$/\\1sites/', 'node')],
      evidence: /^no handshake: /,
      fix: new RegExp(
        `renew the files at reverse_proxy\\.certificates\\.${name} in the profile, when .*; scripts/reverse-proxy`,
      ),
      mends: [again('reverse-proxy', 'node')],
      alsoFails: CERTIFICATES,
      only: CERTIFICATES,
    },
    {
      check: `public.dns-${site}`,
      breaks: [leadsTo(name)],
      evidence: /^it has neither an A nor an AAAA record$/,
      fix: new RegExp(`the A and AAAA records of ${name}: they belong to node`),
      mends: [
        async ({ records, hosts }) => {
          records.set(name, [hosts.node!.address]);
        },
      ],
      only: [`public.dns-${site}`],
    },
  ]),
  aged(
    80,
    10,
    'warn',
    /^(?:10\.0|9\.9) days left of 90; wanted: 21, .*; no authority that this machine/,
  ),
  aged(
    89,
    1,
    'fail',
    /^(?:1\.0|0\.9) days left of 90; wanted: 21, it was not renewed; no authority/,
  ),
  aged(90, -1, 'fail', /^expired: /),
  {
    // The files of other names, which are presented to who asks for these.
    check: SITES.map((site) => `public.certificate-${site}`),
    breaks: [
      proxyWith(
        'Caddyfile',
        's/^\\tskip_install_trust$/&\\n\\tfallback_sni other.nodes.net/',
        'node',
      ),
      ownCertificate('node', { names: ['other.nodes.net'], from: 1, to: 89 }),
    ],
    evidence: /^it is for DNS:other\.nodes\.net; wanted: /,
    fix: files,
    mends: [again('reverse-proxy', 'node')],
    only: CERTIFICATES,
  },
];
