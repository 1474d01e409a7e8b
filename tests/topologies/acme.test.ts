import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { $ } from 'zx';
import { fleet, RELAY_DOMAIN } from '../fleet/fleet-fixture.ts';
import type { Host } from '../fleet/hosts.ts';
import { containersByStack, remade } from '../fleet/state.ts';
import { STAND_IN_IMAGES } from '../lab/profile.ts';

const ROLES = 'common,firewall,install-docker,images,reverse-proxy';
const ROOT_CERTIFICATE = '/root/authority/data/caddy/pki/authorities/local/root.crt';

test('certificates of an authority that speaks ACME', { timeout: 900_000 }, async (t) => {
  const made = await fleet(t, {
    base: 'custom',
    hosts: { edge: {}, inside: {} },
    profile: ({ outside }) => ({
      reverse_proxy_hosts: ['edge'],
      redis_hosts: ['inside'],
      relay_relayers: ['inside'],
      relay_miners: ['inside'],
      relay_public_domain: RELAY_DOMAIN,
      reverse_proxy: {
        tls: 'acme',
        acme_directory: `https://${outside}/acme/local/directory`,
        acme_trusted_authority: 'authority.pem',
      },
    }),
  });
  const { edge, outside } = made.hosts;
  assert.ok(edge && outside);
  const authority = await startAuthority(outside, edge.address);
  writeFileSync(join(made.home, 'authority.pem'), authority);
  const deploy = async () => {
    const run = await made.script('deploy', '--yes', '--json', '--limit', 'edge', '--only', ROLES);
    assert.equal(run.status, 0, run.stdout + run.stderr);
    return run.events.at(-1)?.changed;
  };
  const first = { fingerprint: '', orders: 0 };

  await t.test('one is issued over HTTP, and served to whoever trusts the authority', async () => {
    await deploy();
    const certificate = await served(edge.address, authority);
    assert.deepEqual(certificate.subjectaltname, `DNS:${RELAY_DOMAIN}`);
    first.fingerprint = certificate.fingerprint256;
    const { stdout: log } = await edge.exec('docker logs pocket-reverse-proxy-caddy-1 2>&1');
    assert.match(log, /"challenge_type":"http-01"/);
    // One for each way of proof that was tried.
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
});

/**
 * Caddy as the authority, at a host’s own address. It reaches the proxy by its public name, and at port 80 only.
 * @returns the certificate of the authority
 */
async function startAuthority(host: Host, proxy: string): Promise<string> {
  const image = STAND_IN_IMAGES.caddy;
  await $({ quiet: true })`docker save ${image} | docker exec -i ${host.container} docker load`;
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
	acme_server
}
END
    docker run --detach --name authority --network host --add-host ${RELAY_DOMAIN}:${proxy} \
      --volume /root/authority/Caddyfile:/etc/caddy/Caddyfile:ro --volume /root/authority/data:/data ${image}
    until curl -fsS -o /dev/null --cacert ${ROOT_CERTIFICATE} https://${host.address}/acme/local/directory; do
      ((SECONDS < 60)) || { docker logs authority; exit 1; }
      sleep 0.5
    done >&2
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
