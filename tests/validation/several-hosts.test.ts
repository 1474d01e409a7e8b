// Breaks, on three hosts, one thing after the other that only several hosts have, and mends it as the check says: a
// Middleman beside the Provider, Redis with Sentinels, backends of every transport, and what hosts see of each other.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fleet, OWNER, RELAY_DOMAIN } from '../fleet/fleet-fixture.ts';
import { privateAuthority } from '../fleet/private-authority.ts';
import { chosenIn } from './breakage.ts';
import { ownDns } from './dns.ts';
import { provokeAll } from './run.ts';

const API = 'provider.nodes.net';
const STAKE = 'stake.nodes.net';

const breakages = await chosenIn('several-hosts');
const skip = breakages.length === 0 && 'BREAKAGES names none of these';

test('what breaks between hosts is found by the check that is meant for it, and mended by its fix', {
  ...{ skip, timeout: 7_200_000 },
}, async (t) => {
  const records = await ownDns(t);
  const scratch = mkdtempSync(join(tmpdir(), 'pocket-authority-'));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const { authority, certificate, key } = await privateAuthority(scratch, [API, STAKE], 90);
  // The operator's machine knows the authority, as it knows a public one.
  process.env.NODE_EXTRA_CA_CERTS = authority;
  const made = await fleet(t, {
    base: 'provider-plus-public-middleman',
    names: ['node', 'portal'],
    hosts: { spare: {} },
    profile: ({ outside }) => ({
      // Nothing here is about it.
      monitoring_hosts: [],
      redis_hosts: ['node', 'portal', 'spare'],
      redis: { mode: 'sentinel', maxmemory: '256mb' },
      // The stand-in chain serves for the transports that the stand-in backend does not speak.
      relayminer: {
        services: {
          eth: {
            backends: {
              rest: {
                url: `http://${outside}:1317`,
                health_check: { endpoint: '/cosmos/base/tendermint/v1beta1/syncing' },
              },
              grpc: { url: `${outside}:19090` },
              cometbft: { url: `http://${outside}:26657` },
            },
          },
        },
      },
      provider_public_api_domain: API,
      middleman_domain: STAKE,
      middleman: {
        ...OWNER,
        providers_url: `http://${outside}:8088/governance/{chainId}/provider.json`,
        trusted_authority: authority,
      },
      reverse_proxy: {
        certificates: { [API]: { certificate, key }, [STAKE]: { certificate, key } },
      },
    }),
  });
  const prepared = await made.script('deploy', '--yes', '--only', 'common,install-docker');
  assert.equal(prepared.status, 0, prepared.stderr);
  await made.standIns({ staked: true });
  const deployed = await made.script('deploy', '--yes');
  assert.equal(deployed.status, 0, deployed.stderr);
  // So does the proxy's host, from which the public names are asked for, too.
  await made.hosts.node!.exec(`
    cat >/usr/local/share/ca-certificates/private.crt <<'PEM'
${readFileSync(authority, 'utf8')}
PEM
    update-ca-certificates`);
  for (const name of [RELAY_DOMAIN, API, STAKE]) records.set(name, [made.hosts.node!.address]);
  await provokeAll(t, { ...made, records }, breakages);
});
