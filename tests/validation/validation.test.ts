// Breaks, on a deployed all-in-one host, one thing after the other that a check is meant to find, and mends it as the
// check says. BREAKAGES=redis.policy,host runs only those of these checks or groups.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lab } from '../fleet/lab-fixture.ts';
import type { Breakage } from './breakage.ts';
import { provoke, until } from './run.ts';

const directory = join(import.meta.dirname, 'breakages');
const files = readdirSync(directory).toSorted();
const breakages = (
  await Promise.all(
    files.map(async (file): Promise<{ BREAKAGES: Breakage[] }> => import(join(directory, file))),
  )
).flatMap(({ BREAKAGES }) => BREAKAGES);
const chosen = process.env.BREAKAGES?.split(',');

test('what breaks on a host is found by the check that is meant for it, and mended by its fix', {
  timeout: 3_600_000,
}, async (t) => {
  const one = await lab(t);
  const prepared = await one.script('deploy', '--only', 'common,install-docker', '--json');
  assert.equal(prepared.status, 0, prepared.stdout + prepared.stderr);
  await one.standIns();
  const deployed = await one.script('deploy', '--yes', '--json');
  assert.equal(deployed.status, 0, deployed.stdout + deployed.stderr);

  // Prometheus asks for the first time up to 15 s after it was started.
  const before = await until(one, [], (now) => now.get('monitoring.targets')?.verdict === 'pass');
  const failing = [...before.values()].filter(({ verdict }) => verdict === 'fail');
  assert.deepEqual(failing, [], 'nothing fails before anything is broken');
  for (const breakage of breakages) {
    const { check } = breakage;
    if (chosen && !chosen.some((name) => check === name || check.startsWith(`${name}.`))) continue;
    await t.test(check, { timeout: 600_000 }, () => provoke(one, breakage, before));
  }
});
