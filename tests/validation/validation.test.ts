// Breaks, on a deployed all-in-one host, one thing after the other that a check is meant to find, and mends it as the
// check says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lab } from '../fleet/lab-fixture.ts';
import { chosenIn } from './breakage.ts';
import { ownDns } from './dns.ts';
import { provokeAll } from './run.ts';

const breakages = await chosenIn('breakages');
const skip = breakages.length === 0 && 'BREAKAGES names none of these';

test('what breaks on a host is found by the check that is meant for it, and mended by its fix', {
  ...{ skip, timeout: 7_200_000 },
}, async (t) => {
  const records = await ownDns(t);
  const one = await lab(t);
  const prepared = await one.script('deploy', '--only', 'common,install-docker', '--json');
  assert.equal(prepared.status, 0, prepared.stdout + prepared.stderr);
  await one.standIns({ staked: true });
  const deployed = await one.script('deploy', '--yes', '--json');
  assert.equal(deployed.status, 0, deployed.stdout + deployed.stderr);
  records.set('relay.lab.internal', [one.host.address]);
  const scene = { ...one, hosts: { lab: one.host }, records };
  await provokeAll(t, scene, breakages);
});
