import type { Act, Breakage } from '../breakage.ts';

/** Changes the configuration that the lab's proxy uses, behind the back of the one that is wanted. */
const proxyWith = (file: string, change: string): Act => ({
  shell: `
    cd /opt/pocket/reverse-proxy
    cp caddy/in-use/${file} /run/as-it-was
    sed -i -E '${change}' caddy/in-use/${file}
    ! cmp -s /run/as-it-was caddy/in-use/${file} || { echo 'nothing was changed'; exit 1; }
    docker compose exec -T caddy sh /etc/caddy/in-use/configured-caddy reload --force`,
});
const mends: readonly Act[] = [{ script: ['reverse-proxy'] }];
const only = ['public'];

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'public.tls-relays',
    breaks: [
      proxyWith(
        'Caddyfile',
        's/^\\ttls internal$/\\ttls internal {\\n\\t\\tprotocols tls1.2 tls1.2\\n\\t}/',
      ),
    ],
    evidence: /no handshake with TLS 1\.3/,
    fix: /logs --tail 50 caddy/,
    mends,
    only,
  },
  {
    check: 'public.certificate-relays',
    breaks: [
      proxyWith('sites/relays.caddy', 's/^\\{\\$RELAY_PUBLIC_DOMAIN\\} \\{/other.lab.internal {/'),
    ],
    evidence: /no handshake|it is for/,
    fix: /logs --tail 50 caddy/,
    mends,
    alsoFails: ['public.tls-relays'],
    only: ['public.certificate-relays', 'public.tls-relays'],
  },
  {
    check: 'public.redirect-relays',
    breaks: [
      proxyWith(
        'Caddyfile',
        's/^\\tskip_install_trust$/\\tskip_install_trust\\n\\tauto_https disable_redirects/',
      ),
    ],
    evidence: /HTTP 404; wanted: 308 to https/,
    fix: /logs --tail 50 caddy/,
    mends,
    only,
  },
  {
    check: 'public.blocked-metrics',
    breaks: [proxyWith('sites/relays.caddy', 's# /metrics /metrics/\\*##')],
    evidence: /wanted: the proxy’s own 404/,
    fix: /scripts\/reverse-proxy\.mjs/,
    mends,
    only,
  },
  {
    check: 'public.relay',
    breaks: [proxyWith('sites/relays.caddy', 's/^\\tlog$/\\tlog\\n\\trespond 403/')],
    evidence: /HTTP 403 .*; wanted: 400 and the relayer’s error/,
    fix: /logs --tail 50 caddy/,
    mends,
    only,
  },
  {
    check: 'public.relayer-lab',
    breaks: [{ shell: 'docker stop pocket-relayminer-relayer-1' }],
    evidence: /\/ready: /,
    fix: /check that lab reaches/,
    mends: [{ script: ['relayminer'] }],
    only: ['public.relayer-lab'],
  },
];
