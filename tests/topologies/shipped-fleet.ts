import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { type Fleet, type FleetSpec, fleet } from '../fleet/fleet-fixture.ts';
import { filledProfiles } from '../profiles.ts';

/** A fleet with the hosts of a shipped profile, and these values over what it says. */
export function shippedFleet(
  t: TestContext,
  profile: string,
  changes: NonNullable<FleetSpec['profile']>,
): Promise<Fleet> {
  return fleet(t, { base: profile, names: hostNames(profile), profile: changes });
}

/** Deploys a fleet from clean hosts, validates it, and deploys it again: without a `fail`, and without a change. */
export async function deploysAndValidates(t: TestContext, made: Fleet): Promise<void> {
  const prepared = await made.script('deploy', '--yes', '--only', 'common,install-docker');
  assert.equal(prepared.status, 0, prepared.stderr);
  await made.standIns();
  const first = await made.script('deploy', '--yes');
  assert.equal(first.status, 0, first.stderr);
  t.diagnostic(first.stderr.trim().split('\n').at(-1) ?? '');
  await validates(t, made);
  const again = await made.script('deploy', '--yes', '--json');
  assert.equal(again.status, 0, again.stderr);
  assert.deepEqual(
    again.events.filter(({ status }) => status === 'changed'),
    [],
  );
  t.diagnostic(`again: ${again.events.at(-1)?.duration_ms} ms`);
}

/** Validates a fleet, for up to two minutes, until nothing fails. */
export async function validates(t: TestContext, made: Fleet): Promise<void> {
  const valid = await made.script('validate', '--json', '--watch', '120');
  assert.deepEqual(
    valid.events.filter(({ verdict }) => verdict === 'fail'),
    [],
  );
  assert.equal(valid.status, 0, valid.stderr);
  const { pass, warn, skip, duration_ms: milliseconds } = valid.events.at(-1) ?? {};
  const slowest = Math.max(
    ...valid.events.map((event) => Number(event.duration_ms) || 0).slice(0, -1),
  );
  t.diagnostic(
    `${pass} pass, ${warn} warn, ${skip} skip, in ${milliseconds} ms; the slowest answer took ${slowest} ms`,
  );
}

function hostNames(profile: string): string[] {
  const filled = filledProfiles();
  try {
    return loadDeployment(filled.path(profile)).hosts.map(({ name }) => name);
  } finally {
    filled.remove();
  }
}
