import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { ROOT } from '../../lib/own-files.ts';
import { reportMarkdown } from '../../lib/report/report.ts';
import { formsOf } from '../../lib/secrets/secret.ts';
import { generatePrivateKey, loadSecrets } from '../../lib/secrets/secrets.ts';
import { directoryWith, OWNER } from './profile/temporary.ts';

const DNS_TOKEN = 'dns-token-canary';
const PORTAL_PASSWORD = 'portal password canary';
const BACKEND_TOKEN = 'backend-token-canary';
const BACKEND_PASSWORD = 'backend-password-canary';
const LITERAL = 'literal-api-key-canary';

const PROFILE = `pocket_network: main
hosts: {node: {address: root@192.0.2.1}}
postgres_hosts: [node]
temporal_hosts: [node]
redis_hosts: [node]
provider_hosts: [node]
relay_relayers: [node]
relay_miners: [node]
reverse_proxy_hosts: [node]
reverse_proxy:
  acme_email: me@nodes.net
  dns_provider: cloudflare
  dns_token: "cmd:printf '${DNS_TOKEN}'"
  provider_admin: {user: me, password: "file:portal.txt"}
images: {caddy: registry.nodes.net/caddy-cloudflare:2.11.4}
relay_public_domain: relay.nodes.net
provider_domain: portal.nodes.net
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
relayminer:
  keys_file: keys.yaml
  services:
    eth:
      default_backend: jsonrpc
      backends:
        jsonrpc:
          url: https://eth.nodes.net
          headers: {Authorization: "env:REPORT_SECRETS_TOKEN", X-Api-Key: ${LITERAL}, X-Team: nodes}
        rest:
          url: https://eth.nodes.net
          authentication: {username: me, password: "cmd:printf '${BACKEND_PASSWORD}'"}
`;

function given(t: TestContext, profile = PROFILE) {
  process.env.REPORT_SECRETS_TOKEN = BACKEND_TOKEN;
  t.after(() => delete process.env.REPORT_SECRETS_TOKEN);
  const root = directoryWith(t, {
    'nodes.yaml': profile,
    'keys.yaml': `keys: ["${generatePrivateKey()}"]\n`,
    'portal.txt': PORTAL_PASSWORD,
  });
  const deployment = loadDeployment(join(root, 'nodes.yaml'), { root });
  const secrets = loadSecrets(deployment, { create: true });
  return { root, report: reportMarkdown({ deployment, secrets, now: new Date() }) };
}

test('secrets of proxies and backends are listed by where the profile names them, never with a value', (t) => {
  const { root, report } = given(t);
  const eth = 'relayminer.services.eth.backends';
  for (const [path, where] of [
    ['reverse_proxy.dns_token', 'the command in `reverse_proxy.dns_token` of the profile'],
    ['reverse_proxy.provider_admin.password', `\`${root}/portal.txt\``],
    [`${eth}.jsonrpc.headers.Authorization`, 'the environment variable `REPORT_SECRETS_TOKEN`'],
    [`${eth}.jsonrpc.headers.X-Api-Key`, 'the profile itself'],
    [
      `${eth}.rest.authentication.password`,
      `the command in \`${eth}.rest.authentication.password\` of the profile`,
    ],
  ]) {
    assert.ok(report.includes(`| \`${path}\` | ${where} | — | `), path);
  }
  for (const name of ['headers.X-Team', 'authentication.username'])
    assert.ok(!report.includes(name), `${name} is no secret`);
  for (const secret of [DNS_TOKEN, PORTAL_PASSWORD, BACKEND_TOKEN, BACKEND_PASSWORD, LITERAL])
    for (const form of formsOf(secret)) assert.ok(!report.includes(form), form);
});

test('the key of a certificate is named with its file', (t) => {
  const files = `certificates: {relay.nodes.net: {certificate: own.pem, key: own.key}}`;
  const keyPair = directoryWith(t, {});
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-subj', '/CN=nodes.net', '-addext', 'subjectAltName=DNS:relay.nodes.net', '-days', '9'],
      ...['-keyout', join(keyPair, 'own.key'), '-out', join(keyPair, 'own.pem')],
    ],
    { stdio: 'ignore' },
  );
  const at = (file: string) => join(keyPair, file);
  const profile = PROFILE.replace(
    '  acme_email',
    `  ${files.replaceAll(/own\.(pem|key)/g, (file) => at(file))}\n  acme_email`,
  );
  const { report } = given(t, profile);
  assert.ok(
    report.includes(
      `| \`reverse_proxy.certificates.relay.nodes.net.key\` | \`${at('own.key')}\` | — | `,
    ),
  );
});

test('a host that is this machine saves its database without ssh', (t) => {
  const here = PROFILE.replace('root@192.0.2.1', 'localhost');
  const { report } = given(t, here);
  assert.match(
    report,
    /^\(umask 077; (sudo -n )?docker compose -p .* -Fc provider > provider\.dump\)$/m,
  );
});

test('what is written in the working directory is for its owner alone, and git leaves it alone', (t) => {
  const { report } = given(t);
  const [, dump = ''] = /^\(umask 077; ssh .* > (provider\.dump)\)$/m.exec(report) ?? [];
  const [, keys = ''] =
    /^\(umask 077; .* > (\S+)\)$/m.exec(report.slice(report.indexOf('Keys → Import'))) ?? [];
  const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n');
  assert.deepEqual([dump, keys], ['provider.dump', 'import.json']);
  for (const pattern of ['*.dump', 'import.json']) assert.ok(ignored.includes(pattern), pattern);
});
