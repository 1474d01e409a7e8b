// Breaks, on a deployed all-in-one host, one thing after the other that a check is meant to find, and mends it as the
// check says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lab } from '../fleet/lab-fixture.ts';
import { merged } from '../lab/profile.ts';
import { chosenIn } from './breakage.ts';
import { ownDns } from './dns.ts';
import { provokeAll } from './run.ts';

/** What the lab's own profile does not have: every part whose checks are to be provoked. */
const MORE = {
  provider_domain: 'portal.lab.internal',
  grafana_domain: 'grafana.lab.internal',
  reverse_proxy: {
    provider_admin: { user: 'operator', password: 'env:VALIDATION_PORTAL_PASSWORD' },
  },
  monitoring: { alerts: ['webhook'] },
  secrets: { alert_webhook_url: 'env:VALIDATION_ALERT_URL' },
};

const breakages = await chosenIn('breakages');
const skip = breakages.length === 0 && 'BREAKAGES names none of these';

test('what breaks on a host is found by the check that is meant for it, and mended by its fix', {
  ...{ skip, timeout: 7_200_000 },
}, async (t) => {
  const records = await ownDns(t);
  const one = await lab(t);
  // Nobody listens there: what is told of alerts gets lost.
  process.env.VALIDATION_ALERT_URL = `http://${one.host.address}:9/`;
  process.env.VALIDATION_PORTAL_PASSWORD = 'a password of the test';
  const change = (changes: Record<string, unknown>) =>
    one.change(merged(MORE, changes) as Record<string, unknown>);
  change({});
  const prepared = await one.script('deploy', '--only', 'common,install-docker', '--json');
  assert.equal(prepared.status, 0, prepared.stdout + prepared.stderr);
  await one.standIns({ staked: true });
  const deployed = await one.script('deploy', '--yes', '--json');
  assert.equal(deployed.status, 0, deployed.stdout + deployed.stderr);
  for (const name of ['relay', 'portal', 'grafana'])
    records.set(`${name}.lab.internal`, [one.host.address]);
  const scene = { ...one, change, hosts: { lab: one.host }, records };
  await provokeAll(t, scene, breakages);
});
