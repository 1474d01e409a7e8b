import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT } from '../../lib/exit-codes.ts';
import { lab } from '../fleet/lab-fixture.ts';
import { PublicClient } from '../fleet/public-relays.ts';
import { containersByStack, remade } from '../fleet/state.ts';

const PORTAL = 'portal.lab.internal';
const PASSWORDS = ['the first pass$word', "the 'second' one"];

test('a guarded portal, a certificate of your own, and a plugin that is not there', {
  timeout: 900_000,
}, async (t) => {
  const one = await lab(t);
  const { host } = one;
  t.after(() => delete process.env.TEST_PORTAL_PASSWORD);
  const usePassword = (index: number) => {
    process.env.TEST_PORTAL_PASSWORD = PASSWORDS[index];
  };
  usePassword(0);
  const file = (name: string) => join(one.home, name);
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${PORTAL}`, '-addext', `subjectAltName=DNS:${PORTAL}`],
      ...['-keyout', file('portal.key'), '-out', file('portal.crt')],
    ],
    { stdio: 'pipe' },
  );
  const settings = {
    provider_domain: PORTAL,
    reverse_proxy: {
      certificates: { [PORTAL]: { certificate: file('portal.crt'), key: file('portal.key') } },
      provider_admin: {
        // Whoever comes from the network of the test hosts, which is this machine.
        allow_from: [`${host.address.split('.').slice(0, 2).join('.')}.0.0/16`],
        user: 'me',
        password: 'env:TEST_PORTAL_PASSWORD',
      },
    },
  };
  one.change(settings);
  const only = (roles: string) => one.script('deploy', '--yes', '--json', '--only', roles);
  const first = await only('common,install-docker,images,reverse-proxy');
  assert.equal(first.status, 0, first.stdout + first.stderr);

  const everybody = new PublicClient(host.address, PORTAL);
  const ask = async (password?: string) => {
    const basic = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
    const headers = password === undefined ? undefined : { authorization: basic };
    return (await everybody.request('/admin', headers)).status;
  };
  const onHost = `curl -sk -o /dev/null -w '%{http_code}' --resolve ${PORTAL}:443:127.0.0.1 https://${PORTAL}/admin`;

  await t.test(
    'who has the password reaches the Provider, which is not there, and nobody else',
    async () => {
      assert.equal(await ask(), 401);
      assert.equal(await ask('wrong'), 401);
      assert.equal(await ask(PASSWORDS[0]), 502);
    },
  );

  await t.test('who comes by way of Docker’s gateway is nobody', async () => {
    assert.equal((await host.exec(onHost)).stdout, '403');
  });

  await t.test(
    'the certificate is ours; its key is root’s alone, and the password is nowhere',
    async () => {
      const { stdout: served } = await host.exec(
        `openssl s_client -connect 127.0.0.1:443 -servername ${PORTAL} </dev/null 2>/dev/null | openssl x509 -outform der | sha256sum`,
      );
      const ours = execFileSync('openssl', ['x509', '-in', file('portal.crt'), '-outform', 'der']);
      assert.equal(served.split(' ')[0], createHash('sha256').update(ours).digest('hex'));
      const { stdout: modes } = await host.exec(
        'cd /opt/pocket/reverse-proxy/caddy/in-use && stat -Lc "%a %U" certificates/*.pem values.env password.env',
      );
      assert.deepEqual(modes.trim().split('\n'), ['400 root', '600 root', '600 root']);
      const { stdout: found } = await host.exec(
        "grep -rlF 'the first pass' /opt/pocket /run /tmp /root 2>/dev/null || :",
      );
      assert.equal(found, '');
    },
  );

  await t.test(
    'a second deploy finds nothing to do; another password takes effect in the same container',
    async () => {
      const again = await only('reverse-proxy');
      assert.equal(again.events.at(-1)?.changed, 0, again.stdout);
      const before = await containersByStack(host);
      usePassword(1);
      const run = await only('reverse-proxy');
      assert.equal(run.status, 0, run.stdout + run.stderr);
      assert.deepEqual(remade(before, await containersByStack(host)), []);
      assert.equal(await ask(PASSWORDS[0]), 401);
      assert.equal(await ask(PASSWORDS[1]), 502);
    },
  );

  await t.test('an image without the plugin is refused, and what is in use goes on', async () => {
    t.after(() => delete process.env.TEST_DNS_TOKEN);
    process.env.TEST_DNS_TOKEN = 'token-of-the-test';
    const acme = {
      ...{ tls: 'acme', acme_email: 'me@nodes.net' },
      ...{ dns_provider: 'cloudflare', dns_token: 'env:TEST_DNS_TOKEN' },
    };
    one.change({ ...settings, reverse_proxy: { ...settings.reverse_proxy, ...acme } });
    const run = await only('reverse-proxy');
    assert.equal(run.status, EXIT.failed, run.stdout);
    assert.match(run.stdout, /lacks the Caddy module dns\.providers\.cloudflare/);
    assert.equal(await ask(PASSWORDS[1]), 502);
    await host.exec('docker restart -t 1 pocket-reverse-proxy-caddy-1');
    await host.exec(`until [[ $(${onHost}) == 403 ]]; do sleep 0.2; done`);
    assert.equal(await ask(PASSWORDS[1]), 502);
  });

  await t.test(
    'a portal that is no longer wanted is gone, with its key and its password',
    async () => {
      one.change({});
      const run = await only('reverse-proxy');
      assert.equal(run.status, 0, run.stdout + run.stderr);
      const { stdout: refused } = await host.exec(`${onHost} || echo " $?"`);
      assert.equal(refused.trim(), '000 35', 'no certificate for that name');
      const { stdout } = await host.exec(
        'cd /opt/pocket/reverse-proxy/caddy && find . -name "*.pem" -o -name password.env -o -name gateway.env -o -name "provider-portal*"',
      );
      assert.equal(stdout, '');
    },
  );
});
