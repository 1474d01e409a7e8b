import { takeOutOfService } from '../../../lib/proxy/upstreams.ts';
import { leadsTo, proxyWith } from '../acts.ts';
import type { Breakage } from '../breakage.ts';

const fix = /^scripts\/reverse-proxy\.mjs .*logs --tail 50 caddy$/;
const only = ['public'];
const BLOCKED = ['ready', 'ready-x', 'health', 'healthz', 'metrics'].map(
  (path) => `public.blocked-${path}`,
);

/** The sites of the scene: their files, the variables that have their names, and the names. */
const SITES = [
  ['relays', 'RELAY_PUBLIC_DOMAIN', 'relay.lab.internal'],
  ['provider-portal', 'PROVIDER_DOMAIN', 'portal.lab.internal'],
  ['grafana', 'GRAFANA_DOMAIN', 'grafana.lab.internal'],
] as const;
const ofEach = (check: string) => SITES.map(([site]) => `public.${check}-${site}`);

export const BREAKAGES: readonly Breakage[] = [
  {
    check: ofEach('tls'),
    breaks: [
      proxyWith(
        'Caddyfile',
        's/^\\ttls internal$/\\ttls internal {\\n\\t\\tprotocols tls1.2 tls1.2\\n\\t}/',
      ),
    ],
    evidence: /no handshake with TLS 1\.3/,
    fix,
    only,
  },
  ...SITES.map(
    ([site, variable]): Breakage => ({
      check: `public.certificate-${site}`,
      breaks: [
        proxyWith(`sites/${site}.caddy`, `s/^\\{\\$${variable}\\} \\{/other.lab.internal {/`),
      ],
      evidence: /no handshake|it is for/,
      fix,
      alsoFails: [`public.tls-${site}`],
      only: [`public.certificate-${site}`, `public.tls-${site}`],
    }),
  ),
  {
    check: ofEach('redirect'),
    breaks: [
      proxyWith(
        'Caddyfile',
        's/^\\tskip_install_trust$/\\tskip_install_trust\\n\\tauto_https disable_redirects/',
      ),
    ],
    evidence: /HTTP 404; wanted: 308 to https/,
    fix,
    only,
  },
  {
    // As a proxy that serves two sites and sends the one to the other.
    check: 'public.redirect-relays',
    breaks: [
      proxyWith(
        'sites/relays.caddy',
        's/^\\{\\$RELAY_PUBLIC_DOMAIN\\} \\{/http:\\/\\/{$RELAY_PUBLIC_DOMAIN} {\\n\\tredir https:\\/\\/elsewhere.invalid\\/ 301\\n}\\n&/',
      ),
    ],
    evidence:
      /^HTTP 301 to https:\/\/elsewhere\.invalid\/; wanted: 308 to https:\/\/relay\.lab\.internal$/,
    fix,
    only,
  },
  {
    check: BLOCKED,
    breaks: [proxyWith('sites/relays.caddy', '/^\\trespond @private 404$/d')],
    evidence: /wanted: the proxy’s own 404/,
    fix,
    only,
  },
  {
    check: ['public.relay', 'public.outside-relays'],
    breaks: [proxyWith('sites/relays.caddy', 's/^\\tlog$/\\tlog\\n\\trespond 403/')],
    evidence: /HTTP 403 .*; wanted: 400 and the relayer’s error/,
    fix: /scripts\/reverse-proxy\.mjs .*logs --tail 50 caddy$/,
    only,
  },
  {
    // The name leads to the Provider, which answers nonsense with 400 and JSON, too.
    check: ['public.relay', 'public.outside-relays'],
    breaks: [
      proxyWith(
        'sites/relays.caddy',
        's/^\\tlog$/\\tlog\\n\\trespond `{"error":"Invalid request"}` 400/',
      ),
    ],
    evidence: /HTTP 400 .*Invalid request.*; wanted: 400 and the relayer’s error/,
    fix: /scripts\/reverse-proxy\.mjs .*logs --tail 50 caddy$/,
    only,
  },
  {
    check: 'public.relayer-lab',
    breaks: [{ shell: 'docker stop pocket-relayminer-relayer-1' }],
    evidence: /\/ready: /,
    fix: /^scripts\/relayminer\.mjs .*--limit lab; else: whether lab reaches/,
    only: ['public.relayer-lab'],
  },
  {
    // The relayer is well; it is the proxy that cannot be asked.
    check: 'public.relayer-lab',
    breaks: [{ shell: 'docker stop pocket-reverse-proxy-caddy-1' }],
    evidence: /caddy .* does not run/,
    fix,
    only: ['public.relayer-lab'],
  },
  {
    // As somebody leaves it who has taken the relayer out by hand.
    check: 'public.relayer-lab',
    breaks: [{ shell: takeOutOfService('relayer:8080').text }],
    evidence: /^out of service: .*\/relayer:8080 is there$/,
    fix: /^scripts\/reverse-proxy\.mjs/,
    alsoFails: ['public.relay', 'public.outside-relays'],
    only: ['public'],
  },
  ...SITES.map(
    ([site, , name]): Breakage => ({
      // Somebody has moved the name elsewhere.
      check: `public.dns-${site}`,
      breaks: [leadsTo(name, '127.0.0.1')],
      evidence: /it leads to 127\.0\.0\.1, where no proxy answers/,
      fix: new RegExp(`the A and AAAA records of ${name}: they belong to lab`),
      mends: [
        async ({ records, hosts }) => {
          records.set(name, [hosts.lab!.address]);
        },
      ],
      alsoFails: site === 'relays' ? ['public.outside-relays'] : [],
      only,
    }),
  ),
  {
    // An AAAA record that was forgotten when the proxy moved.
    check: 'public.dns-grafana',
    breaks: [
      async ({ records, hosts }) => {
        records.set('grafana.lab.internal', [hosts.lab!.address, '::1']);
      },
    ],
    evidence: /^it leads to ::1, where no proxy answers: /,
    fix: /the A and AAAA records of grafana\.lab\.internal: they belong to lab/,
    mends: [
      async ({ records, hosts }) => {
        records.set('grafana.lab.internal', [hosts.lab!.address]);
      },
    ],
    only,
  },
  {
    // The portal without its password.
    check: 'public.portal',
    breaks: [
      proxyWith('sites/provider-portal.caddy', '/^\\t\\timport portal-\\{\\$PORTAL_PASSWORD\\}$/d'),
    ],
    evidence: /^HTTP 307 ; wanted: 401 or 403 without credentials$/,
    fix,
    only,
  },
  {
    check: 'public.blocked-grafana-metrics',
    breaks: [
      proxyWith(
        'sites/grafana.caddy',
        's/^\\trespond @metrics 404$/\\trespond @metrics "go_info 1" 200/',
      ),
    ],
    evidence: /^HTTP 200 go_info 1; wanted: the proxy’s own 404$/,
    fix,
    only,
  },
];
