import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { filledProfiles } from '../profiles.ts';
import { type Fleet, fleet, OWNER } from './fleet-fixture.ts';

/** The hosts that a shipped profile has. */
function hostNames(profile: string): string[] {
  const filled = filledProfiles();
  try {
    return loadDeployment(filled.path(profile)).hosts.map(({ name }) => name);
  } finally {
    filled.remove();
  }
}

/** Deploys a fleet from clean hosts, validates it, and deploys it again. */
async function deploys(t: TestContext, made: Fleet): Promise<void> {
  const prepared = await made.script('deploy', '--yes', '--only', 'common,install-docker');
  assert.equal(prepared.status, 0, prepared.stderr);
  await made.standIns();
  const first = await made.script('deploy', '--yes');
  assert.equal(first.status, 0, first.stderr);
  t.diagnostic(first.stderr.trim().split('\n').at(-1) ?? '');

  const valid = await made.script('validate', '--json', '--watch', '120');
  const bad = valid.events.filter(({ verdict }) => verdict === 'fail');
  assert.deepEqual(bad, []);
  assert.equal(valid.status, 0, valid.stderr);
  const { pass, warn, skip, duration_ms: milliseconds } = valid.events.at(-1) ?? {};
  t.diagnostic(`${pass} pass, ${warn} warn, ${skip} skip, in ${milliseconds} ms`);

  const again = await made.script('deploy', '--yes', '--json');
  assert.equal(again.status, 0, again.stderr);
  const changed = again.events.filter(({ status }) => status === 'changed');
  assert.deepEqual(changed, []);
  t.diagnostic(`again: ${again.events.at(-1)?.duration_ms} ms`);
}

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
  test(`${profile} deploys, validates, and has nothing left to do`, {
    timeout: 1_200_000,
  }, async (t) => {
    const made = await fleet(t, {
      base: profile,
      names: hostNames(profile),
      profile: () => changes,
    });
    await deploys(t, made);
  });
}
