// Breaks Redis, PostgreSQL and Temporal of somebody else, one thing after the other, and mends them as the check says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lab } from '../fleet/lab-fixture.ts';
import { DATABASE_USER, managed, stateBeside } from '../fleet/managed-services.ts';
import { merged } from '../lab/profile.ts';
import { chosenIn } from './breakage.ts';
import { ownDns } from './dns.ts';
import { provokeAll } from './run.ts';

const breakages = await chosenIn('managed');
const skip = breakages.length === 0 && 'BREAKAGES names none of these';

test('what breaks at a managed service is found by the check that is meant for it, and mended by its fix', {
  ...{ skip, timeout: 7_200_000 },
}, async (t) => {
  const records = await ownDns(t);
  const one = await lab(t);
  const state = await stateBeside(one);
  await state.sql(`ALTER ROLE ${DATABASE_USER} CREATEDB`);
  await state.deploy('--only', 'temporal');
  const prepared = await one.script('deploy', '--only', 'common,install-docker', '--json');
  assert.equal(prepared.status, 0, prepared.stdout + prepared.stderr);
  await one.standIns({ staked: true });
  const temporal = { mode: 'external', address: `${state.host.address}:7233` };
  const profile = managed(state, { temporal_hosts: [], temporal });
  const change = (changes: Record<string, unknown>) =>
    one.change(merged(profile, changes) as Record<string, unknown>);
  change({});
  const deployed = await one.script('deploy', '--yes', '--json');
  assert.equal(deployed.status, 0, deployed.stdout + deployed.stderr);
  records.set('relay.lab.internal', [one.host.address]);
  const hosts = { lab: one.host, state: state.host };
  await provokeAll(t, { ...one, change, hosts, records }, breakages);
});
