import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { loadDeployment } from '../../../lib/deployment.ts';
import { portalUrl } from '../../../lib/profile/portal-url.ts';
import { ProfileError } from '../../../lib/profile/problem.ts';
import { portalOf } from '../../../lib/report/tunnel.ts';
import { directoryWith, OWNER } from './temporary.ts';

const BASE = {
  pocket_network: 'main',
  hosts: {
    edge: { address: '203.0.113.7', private_address: '10.0.0.1' },
    other: { address: '203.0.113.8', private_address: '10.0.0.2' },
  },
  reverse_proxy_hosts: ['edge'],
  provider_hosts: ['other'],
  postgres_hosts: ['other'],
  temporal_hosts: ['other'],
  provider: { owner_identity: OWNER, owner_email: 'me@nodes.net' },
  provider_public_api_domain: 'api.nodes.net',
  reverse_proxy: { acme_email: 'me@nodes.net' },
};
const PORTAL = { provider_domain: 'portal.nodes.net' };
const OWN = { 'api.nodes.net': { certificate: 'a.crt', key: 'a.key' } };
const PLUGIN = { dns_provider: 'cloudflare', dns_token: 'env:TOKEN' };
const TWO = { reverse_proxy_hosts: ['edge', 'other'] };
const proxy = (more: object) => ({ reverse_proxy: { acme_email: 'me@nodes.net', ...more } });

const CASES: [title: string, changes: object, problems: RegExp[]][] = [
  ['the base is good', {}, []],
  [
    'no e-mail address for the authority',
    { reverse_proxy: {} },
    [/^reverse_proxy\.acme_email: missing, expected it with tls: acme$/],
  ],
  [
    'none is needed with certificates of your own for every name',
    { reverse_proxy: { certificates: OWN } },
    [],
  ],
  ['none is needed with an authority of our own', { reverse_proxy: { tls: 'internal' } }, []],
  ['another authority', proxy({ acme_directory: 'https://ca.nodes.net/acme' }), []],
  [
    'a directory that anybody on the way could answer for',
    proxy({ acme_directory: 'http://ca.nodes.net/acme' }),
    [/^reverse_proxy\.acme_directory: .*https:\/\//],
  ],
  [
    'an authority that is trusted for nothing',
    proxy({ acme_trusted_authority: 'ca.pem' }),
    [/^reverse_proxy\.acme_directory: missing beside acme_trusted_authority$/],
  ],
  [
    'a certificate for a name that is nobody’s',
    proxy({ certificates: { ...OWN, 'apy.nodes.net': OWN['api.nodes.net'] } }),
    [/^reverse_proxy\.certificates\.apy\.nodes\.net: is no name of this profile/],
  ],
  [
    'several proxies that would each be asked for the other’s certificate',
    TWO,
    [/^reverse_proxy\.dns_provider: missing: with several proxies, .* api\.nodes\.net /],
  ],
  [
    'several proxies with certificates of your own',
    { ...TWO, reverse_proxy: { certificates: OWN } },
    [],
  ],
  [
    'several proxies that prove names by DNS',
    { ...TWO, ...proxy(PLUGIN), images: { caddy: 'me.net/caddy:2.10' } },
    [],
  ],
  [
    'a plugin that the official image lacks',
    proxy(PLUGIN),
    [/^images\.caddy: expected an image with the plugin dns\.providers\.cloudflare/],
  ],
  [
    'half of what a DNS provider needs',
    { ...proxy({ dns_token: 'env:TOKEN' }) },
    [/^reverse_proxy\.dns_provider: missing beside dns_token$/],
  ],
  [
    'a token in the profile itself',
    { ...proxy({ ...PLUGIN, dns_token: 'abc123' }) },
    [/^reverse_proxy\.dns_token: expected env:NAME/],
  ],
  [
    'a portal for everybody',
    PORTAL,
    [/^reverse_proxy\.provider_admin: missing, expected allow_from, or user and password/],
  ],
  [
    'a portal whose guard is empty',
    { ...PORTAL, ...proxy({ provider_admin: {} }) },
    [/^reverse_proxy\.provider_admin: missing, expected allow_from/],
  ],
  [
    'a portal for every address',
    {
      ...PORTAL,
      ...proxy({ provider_admin: { allow_from: ['10.0.0.0/8', '0.0.0.0/0', '::/0'] } }),
    },
    [/allow_from\.1: is everybody/, /allow_from\.2: is everybody/],
  ],
  [
    'a portal for what is no address',
    { ...PORTAL, ...proxy({ provider_admin: { allow_from: ['me.net'] } }) },
    [/allow_from\.0: "me\.net", expected a range of addresses such as/],
  ],
  [
    'a user without a password',
    { ...PORTAL, ...proxy({ provider_admin: { user: 'me' } }) },
    [/provider_admin\.password: missing beside user/],
  ],
  [
    'a password without a user, beside ranges',
    {
      ...PORTAL,
      ...proxy({ provider_admin: { allow_from: ['10.0.0.0/8'], password: 'env:PASSWORD' } }),
    },
    [/provider_admin\.user: missing beside password/],
  ],
  [
    'a guard without anything to guard',
    proxy({ provider_admin: { allow_from: ['10.0.0.0/8'] } }),
    [/^reverse_proxy\.provider_admin: is used with provider_domain only$/],
  ],
  [
    'a portal for one address',
    { ...PORTAL, ...proxy({ provider_admin: { allow_from: ['198.51.100.9'] } }) },
    [],
  ],
];

for (const [title, changes, expected] of CASES) {
  test(title, (t) => {
    const directory = directoryWith(t, { 'p.yaml': stringify({ ...BASE, ...changes }) });
    let said: string[] = [];
    try {
      loadDeployment(join(directory, 'p.yaml'));
    } catch (error) {
      assert.ok(error instanceof ProfileError, String(error));
      said = error.message.split('\n').map((line) => line.replace(/^.*?p\.yaml:\d+:\d+ /, ''));
    }
    assert.equal(said.length, expected.length, said.join('\n'));
    const dotted = said.map((line) => line.replaceAll(/\[(\d+)\]/g, '.$1'));
    for (const [index, pattern] of expected.entries()) assert.match(dotted[index]!, pattern);
  });
}

test('the portal is opened at its name at the proxy; what the profile says itself comes first', (t) => {
  const admin = proxy({ provider_admin: { allow_from: ['10.0.0.0/8'] } });
  const load = (changes: object) => {
    const directory = directoryWith(t, { 'p.yaml': stringify({ ...BASE, ...changes }) });
    return loadDeployment(join(directory, 'p.yaml'));
  };
  assert.equal(portalUrl(load({}).profile), 'http://localhost:3001');
  const named = load({ provider_domain: 'Portal.nodes.net', ...admin });
  assert.equal(portalUrl(named.profile), 'https://portal.nodes.net');
  assert.deepEqual(portalOf(named), { url: 'https://portal.nodes.net', throughTunnel: false });
  const said = { ...BASE.provider, auth_url: 'https://p.vpn.net' };
  assert.equal(
    portalUrl(load({ ...PORTAL, ...admin, provider: said }).profile),
    'https://p.vpn.net',
  );
});

test('files are found from where the profile is', (t) => {
  const changes = {
    reverse_proxy: {
      certificates: { 'api.nodes.net': { certificate: 'tls/a.crt', key: 'file:a.key' } },
    },
  };
  const directory = directoryWith(t, { 'p.yaml': stringify({ ...BASE, ...changes }) });
  const { certificates } = loadDeployment(join(directory, 'p.yaml')).profile.reverse_proxy;
  assert.deepEqual(certificates['api.nodes.net'], {
    certificate: join(directory, 'tls/a.crt'),
    key: `file:${join(directory, 'a.key')}`,
  });
});
