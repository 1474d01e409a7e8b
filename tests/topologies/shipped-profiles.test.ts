import { join } from 'node:path';
import { test } from 'node:test';
import { type FleetSpec, fleet, OWNER, RELAY_DOMAIN } from '../fleet/fleet-fixture.ts';
import { ROOT } from '../lab/paths.ts';
import { deploysAndValidates, shippedFleet } from './shipped-fleet.ts';

const CASES: [profile: string, changes: NonNullable<FleetSpec['profile']>][] = [
  ['production-single-host', () => ({})],
  ['recommended-production', () => ({})],
  [
    'provider-plus-public-middleman',
    ({ outside }) => ({
      provider_public_api_domain: 'provider.nodes.net',
      middleman_domain: 'stake.nodes.net',
      middleman: {
        ...OWNER,
        providers_url: `http://${outside}:8088/governance/{chainId}/provider.json`,
      },
    }),
  ],
];

for (const [profile, changes] of CASES) {
  const title = `${profile} deploys, validates, and has nothing left to do`;
  test(title, { timeout: 1_200_000 }, async (t) => {
    await deploysAndValidates(t, await shippedFleet(t, profile, changes));
  });
}

test('custom, with hosts and groups of one’s own, deploys, validates, and has nothing left to do', {
  timeout: 1_200_000,
}, async (t) => {
  const made = await fleet(t, {
    base: 'custom',
    hosts: { front: {}, back: {} },
    profile: () => ({
      extends: join(ROOT, 'profiles', 'custom.yaml'),
      relay_public_domain: RELAY_DOMAIN,
      reverse_proxy_hosts: ['front'],
      relay_relayers: ['front', 'back'],
      relay_miners: ['back'],
      redis_hosts: ['back'],
      monitoring_hosts: ['back'],
    }),
  });
  await deploysAndValidates(t, made);
});
