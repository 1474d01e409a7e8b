import { test } from 'node:test';
import { OWNER } from '../fleet/fleet-fixture.ts';
import { deploysAndValidates, shippedFleet } from './shipped-fleet.ts';

const CASES: [profile: string, changes: Record<string, unknown>][] = [
  ['production-single-host', {}],
  ['recommended-production', {}],
  [
    'provider-plus-public-middleman',
    {
      provider_public_api_domain: 'provider.nodes.net',
      middleman_domain: 'stake.nodes.net',
      middleman: OWNER,
    },
  ],
];

for (const [profile, changes] of CASES) {
  const title = `${profile} deploys, validates, and has nothing left to do`;
  test(title, { timeout: 1_200_000 }, async (t) => {
    await deploysAndValidates(t, await shippedFleet(t, profile, changes));
  });
}
