import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { $ } from 'zx';
import { saveBundle } from '../../lib/images/bundle.ts';
import { fleet, RELAY_DOMAIN } from '../fleet/fleet-fixture.ts';
import type { Host } from '../fleet/hosts.ts';
import { containersByStack, remade } from '../fleet/state.ts';
import { buildImages } from '../lab/images/build.ts';

const ROLES = 'common,firewall,install-docker,images,reverse-proxy';
/** Of an authority, which is a Caddy too. */
const AUTHORITY_IMAGE = 'debian/caddy:2.11.4';
/** A Caddy with a plugin that takes address/key/secret for its token, and the server that it asks to change records. */
const PLUGIN_IMAGE = 'debian/caddy-dns:2.11.4';
const DNS_IMAGE = 'debian/bind:9';
const ROOT_CERTIFICATE = '/root/authority/data/caddy/pki/authorities/local/root.crt';

test('certificates of an authority that speaks ACME', { timeout: 900_000 }, async (t) => {
  const { made, edge, outside, deploy } = await proxyFleet(t);
  const authority = await startAuthority(outside, edge.address);
  writeFileSync(join(made.home, 'authority.pem'), authority);
  const first = { fingerprint: '', orders: 0 };

  await t.test('one is issued over HTTP, and served to whoever trusts the authority', async () => {
    await deploy();
    const certificate = await served(edge.address, authority);
    assert.deepEqual(certificate.subjectaltname, `DNS:${RELAY_DOMAIN}`);
    first.fingerprint = certificate.fingerprint256;
    const { stdout: log } = await edge.exec('docker logs pocket-reverse-proxy-caddy-1 2>&1');
    assert.match(log, /"challenge_type":"http-01"/);
    first.orders = await orders(outside);
    assert.ok(first.orders > 0);
  });

  await t.test('a deploy without a change asks for no other', async () => {
    assert.equal(await deploy(), 0);
    assert.equal(await orders(outside), first.orders);
  });

  await t.test('nor does a reload, and nor does a new container', async () => {
    const before = await containersByStack(edge);
    made.change({ reverse_proxy: { acme_email: 'other@nodes.net' } });
    await deploy();
    assert.deepEqual(remade(before, await containersByStack(edge)), []);
    await edge.exec(
      'cd /opt/pocket/reverse-proxy && docker compose up --detach --wait --force-recreate',
    );
    const { fingerprint256 } = await served(edge.address, authority);
    assert.equal(fingerprint256, first.fingerprint);
    assert.equal(await orders(outside), first.orders);
  });

  await t.test('it is renewed while it is still good, and no request fails', async (s) => {
    await issueForFiveMinutes(outside);
    // It looks every second instead of every ten minutes, which it has to be told before it starts.
    await edge.exec(`
      sed -i '0,/^{$/s//{\\n\trenew_interval 1s/' /opt/pocket/reverse-proxy/caddy/in-use/Caddyfile
      docker exec pocket-reverse-proxy-caddy-1 rm -r /data/caddy/certificates
      docker restart pocket-reverse-proxy-caddy-1`);
    const before = await served(edge.address, authority);
    const validTo = Date.parse(before.valid_to);
    assert.ok(validTo - Date.now() < 301_000, before.valid_to);
    await renewEarly(edge);
    let requests = 0;
    for (const end = Date.now() + 120_000; ; await sleep(100)) {
      const { status, certificate } = await asked(edge.address, authority);
      requests += 1;
      assert.equal(status, 404);
      if (certificate.fingerprint256 !== before.fingerprint256) {
        assert.ok(Date.parse(certificate.valid_to) > validTo);
        break;
      }
      assert.ok(Date.now() < end, 'not renewed within two minutes');
    }
    assert.ok(Date.now() < validTo);
    s.diagnostic(`${requests} requests, the last with the new certificate`);
  });
});

test('certificates that are proved by DNS', { timeout: 900_000 }, async (t) => {
  const { made, edge, outside, deploy } = await proxyFleet(t, {
    images: { caddy: PLUGIN_IMAGE, bundle: 'bundle' },
    reverse_proxy: { dns_provider: 'nsupdate', dns_token: 'file:dns-token.txt' },
  });
  const secret = randomBytes(32).toString('base64');
  const writeToken = (key: string) =>
    writeFileSync(join(made.home, 'dns-token.txt'), `${outside.address}/caddy/${key}\n`, {
      mode: 0o600,
    });
  writeToken(randomBytes(32).toString('base64'));
  await buildImages([AUTHORITY_IMAGE, DNS_IMAGE]);
  await buildImages([PLUGIN_IMAGE]);
  await saveBundle([PLUGIN_IMAGE], join(made.home, 'bundle'));
  await startDns(outside, secret);
  await edge.exec(`echo nameserver ${outside.address} >/etc/resolv.conf`);
  const proof = `challenges dns-01\n\t\tresolvers ${outside.address}`;
  const authority = await startAuthority(outside, edge.address, proof);
  writeFileSync(join(made.home, 'authority.pem'), authority);
  const dnsLog = async () => (await outside.exec('docker logs dns 2>&1')).stdout;

  await t.test('a token that the DNS server refuses proves nothing', async () => {
    await deploy();
    await edge.exec(`
      until docker logs pocket-reverse-proxy-caddy-1 2>&1 | grep -q 'could not get certificate.*bad authentication'; do
        ((SECONDS < 60)) || { docker logs pocket-reverse-proxy-caddy-1; exit 1; }
        sleep 0.5
      done >&2`);
    assert.doesNotMatch(await dnsLog(), /adding an RR/);
  });

  await t.test(
    'with the right one a certificate is issued, and the record is taken away again',
    async () => {
      writeToken(secret);
      await deploy();
      const { subjectaltname } = await served(edge.address, authority);
      assert.equal(subjectaltname, `DNS:${RELAY_DOMAIN}`);
      const { stdout: log } = await edge.exec('docker logs pocket-reverse-proxy-caddy-1 2>&1');
      assert.match(log, /"challenge_type":"dns-01"/);
      assert.doesNotMatch(log, /"challenge_type":"(?!dns-01)/);
      assert.ok(!log.includes(secret), 'the log has the token');
      await outside.exec(`
      until docker logs dns 2>&1 | grep -q 'deleting an RR'; do
        ((SECONDS < 30)) || { docker logs dns; exit 1; }
        sleep 0.5
      done >&2`);
      const changes = (await dnsLog()).match(
        /(?:adding|deleting) an RR at '?_acme-challenge\.\S+ TXT/g,
      );
      assert.deepEqual(
        changes?.map((change) => change.split(' ')[0]),
        ['adding', 'deleting'],
      );
    },
  );

  await t.test('a deploy without a change changes nothing', async () => {
    assert.equal(await deploy(), 0);
  });
});

/**
 * A fleet whose proxy, `edge`, asks an authority on `outside` for its certificates, and a deploy of that proxy, which
 * returns how much it has changed.
 */
async function proxyFleet(
  t: TestContext,
  { images = {}, reverse_proxy = {} }: Record<string, object> = {},
) {
  const made = await fleet(t, {
    base: 'custom',
    hosts: { edge: {}, inside: {} },
    profile: ({ outside }) => ({
      reverse_proxy_hosts: ['edge'],
      redis_hosts: ['inside'],
      relay_relayers: ['inside'],
      relay_miners: ['inside'],
      relay_public_domain: RELAY_DOMAIN,
      images,
      reverse_proxy: {
        tls: 'acme',
        acme_directory: `https://${outside}/acme/local/directory`,
        acme_trusted_authority: 'authority.pem',
        ...reverse_proxy,
      },
    }),
  });
  const { edge, outside } = made.hosts;
  assert.ok(edge && outside);
  const deploy = async () => {
    const run = await made.script('deploy', '--yes', '--json', '--limit', 'edge', '--only', ROLES);
    assert.equal(run.status, 0, run.stdout + run.stderr);
    return run.events.at(-1)?.changed;
  };
  return { made, edge, outside, deploy };
}

/** A DNS server at a host's own address, which lets who has the key change the records below the domain of relays. */
async function startDns(host: Host, secret: string): Promise<void> {
  const zone = RELAY_DOMAIN.split('.').slice(-2).join('.');
  await load(host, DNS_IMAGE);
  await host.exec(`
    mkdir -p /root/dns
    cat >/root/dns/named.conf <<'END'
key "caddy" { algorithm hmac-sha256; secret "${secret}"; };
options { directory "/etc/bind"; recursion no; listen-on { any; }; };
zone "${zone}" { type primary; file "zone"; update-policy { grant caddy subdomain ${zone}. TXT; }; };
END
    cat >/root/dns/zone <<'END'
@ 60 IN SOA ns hostmaster 1 60 60 600 1
@ 60 IN NS ns
ns 60 IN A ${host.address}
END
    docker run --detach --name dns --network host --volume /root/dns:/etc/bind ${DNS_IMAGE}`);
}

/** Carries an image of this machine to a host. */
async function load(host: Host, image: string): Promise<void> {
  await $({ quiet: true })`docker save ${image} | docker exec -i ${host.container} docker load`;
}

/** Has the authority issue certificates for the shortest time that it allows. */
async function issueForFiveMinutes(host: Host): Promise<void> {
  await host.exec(`
    sed -i 's/^\tacme_server {$/&\\n\t\tlifetime 5m/' /root/authority/Caddyfile
    docker restart authority
    ${answers(host.address)}`);
}

/**
 * Tells a running Caddy to renew when seven tenths of a certificate's time are left instead of a third, which is after
 * some 50 s of five minutes.
 */
async function renewEarly(host: Host): Promise<void> {
  await host.exec(
    `docker exec pocket-reverse-proxy-caddy-1 curl -fsS -X POST -H 'Content-Type: application/json' -d 0.7 http://127.0.0.1:2019/config/apps/tls/automation/policies/0/renewal_window_ratio`,
  );
}

/** Shell that waits until the authority answers. */
const answers = (address: string) => `
    until curl -fsS -o /dev/null --cacert ${ROOT_CERTIFICATE} https://${address}/acme/local/directory; do
      ((SECONDS < 60)) || { docker logs authority; exit 1; }
      sleep 0.5
    done >&2`;

/**
 * Caddy as the authority, at a host’s own address. It reaches the proxy by its public name, and at port 80 only.
 * @param proof which ways of proof it offers: of several Caddy takes any first, and waits long for one that cannot work
 * @returns the certificate of the authority
 */
async function startAuthority(
  host: Host,
  proxy: string,
  proof = 'challenges http-01',
): Promise<string> {
  await buildImages([AUTHORITY_IMAGE]);
  await load(host, AUTHORITY_IMAGE);
  const { stdout } = await host.exec(`
    iptables -I OUTPUT -p tcp -d ${proxy} --dport 443 -j REJECT --reject-with tcp-reset
    mkdir -p /root/authority/data
    cat >/root/authority/Caddyfile <<'END'
{
	skip_install_trust
	default_sni ${host.address}
}
https://${host.address} {
	tls internal
	log
	acme_server {
		${proof}
	}
}
END
    docker run --detach --name authority --network host --add-host ${RELAY_DOMAIN}:${proxy} \
      --volume /root/authority/Caddyfile:/etc/caddy/Caddyfile:ro --volume /root/authority/data:/data ${AUTHORITY_IMAGE}
    ${answers(host.address)}
    cat ${ROOT_CERTIFICATE}`);
  return stdout;
}

/** How many certificates the authority was asked for. */
async function orders(host: Host): Promise<number> {
  const { stdout } = await host.exec(
    `docker logs authority 2>&1 | grep -c '"uri":"/acme/local/new-order".*"status":201' || :`,
  );
  return Number(stdout);
}

/** The certificate that the proxy serves, within a minute, to somebody who trusts this authority and no other. */
async function served(address: string, authority: string): Promise<tls.PeerCertificate> {
  for (const end = Date.now() + 60_000; ; await sleep(500)) {
    try {
      return await greeted(address, authority);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

function greeted(host: string, ca: string): Promise<tls.PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port: 443, servername: RELAY_DOMAIN, ca, timeout: 5000 });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer within 5 s')));
    socket.once('error', reject);
  });
}

/** What a request over a connection of its own is answered, and with which certificate. */
function asked(
  host: string,
  ca: string,
): Promise<{ status: number | undefined; certificate: tls.PeerCertificate }> {
  return new Promise((resolve, reject) => {
    const headers = { host: RELAY_DOMAIN };
    const request = https.get(
      { host, ca, headers, servername: RELAY_DOMAIN, path: '/ready', agent: false, timeout: 5000 },
      (response) => {
        const certificate = (response.socket as tls.TLSSocket).getPeerCertificate();
        response.resume();
        response.once('end', () => resolve({ status: response.statusCode, certificate }));
      },
    );
    request.once('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.once('error', reject);
  });
}
