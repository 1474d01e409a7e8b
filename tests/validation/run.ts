import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../fleet/lab-fixture.ts';
import { act, type Breakage } from './breakage.ts';

/** A finding as `scripts/validate.mjs --json` tells it. */
export interface Told {
  id: string;
  verdict: 'pass' | 'warn' | 'fail' | 'skip';
  severity: string;
  evidence: string;
  fix: string;
}

/** How long a change may take to be seen: health checks, restarts, and the next block. */
const PATIENCE_MILLISECONDS = 90_000;

/** Validates, and returns what was found by id. */
export async function validate(lab: Lab, only: readonly string[] = []): Promise<Map<string, Told>> {
  const words = only.length > 0 ? ['--only', only.join(',')] : [];
  const { events, stderr } = await lab.script('validate', '--json', ...words);
  const findings = events.filter(({ type }) => type === 'finding') as unknown as Told[];
  assert.ok(findings.length > 0, `nothing was validated: ${stderr}`);
  return new Map(findings.map((finding) => [finding.id, finding]));
}

/**
 * Validates until nothing fails, as soon after a deploy something may, and until Prometheus has asked everything once.
 * Throws with what still fails.
 */
export async function whole(lab: Lab): Promise<ReadonlyMap<string, Told>> {
  const failing = (now: ReadonlyMap<string, Told>) =>
    [...now.values()].filter(({ verdict }) => verdict === 'fail');
  const found = await until(
    lab,
    undefined,
    (now) => failing(now).length === 0 && now.get('monitoring.targets')?.verdict === 'pass',
  );
  assert.deepEqual(failing(found).map(line), [], 'nothing fails before anything is broken');
  return found;
}

/**
 * Breaks one thing, sees exactly the check that is meant for it object with a fix, applies that, and sees everything as
 * it was before.
 * @param before what was found with nothing broken
 */
export async function provoke(
  lab: Lab,
  breakage: Breakage,
  before: ReadonlyMap<string, Told>,
): Promise<void> {
  const { check, verdict = 'fail', alsoFails = [], only } = breakage;
  assert.equal(before.get(check)?.verdict, 'pass', `${check} does not pass before`);
  try {
    await act(lab, breakage.breaks);
    const found = await until(lab, only, (now) => {
      const worse = objections(now, before);
      const told = now.get(check);
      return (
        told?.verdict === verdict &&
        breakage.evidence.test(told.evidence) &&
        worse.every((id) => id === check || alsoFails.includes(id))
      );
    });
    const told = found.get(check);
    const seen = objections(found, before).map((id) => line(found.get(id)));
    assert.equal(told?.verdict, verdict, `${check}: ${line(told)}; others: ${seen.join('\n')}`);
    const strange = objections(found, before).filter(
      (id) => id !== check && !alsoFails.includes(id),
    );
    assert.deepEqual(
      strange.map((id) => line(found.get(id))),
      [],
      `not ${check} alone`,
    );
    assert.match(told.evidence, breakage.evidence);
    assert.match(told.fix, breakage.fix);
  } finally {
    await act(lab, breakage.mends);
  }
  const mended = await until(lab, only, (now) => objections(now, before).length === 0);
  assert.deepEqual(
    objections(mended, before).map((id) => line(mended.get(id))),
    [],
    'the fix does not mend it',
  );
}

/** The checks that say something worse than before. What could not be told then is not expected to be told now. */
function objections(now: ReadonlyMap<string, Told>, before: ReadonlyMap<string, Told>): string[] {
  return [...now.values()]
    .filter(({ id, verdict }) => verdict !== 'pass' && before.get(id)?.verdict !== verdict)
    .map(({ id }) => id);
}

/** Validates until it is as wanted, or the patience is over; returns the last findings. */
export async function until(
  lab: Lab,
  only: readonly string[] | undefined,
  wanted: (now: ReadonlyMap<string, Told>) => boolean,
): Promise<ReadonlyMap<string, Told>> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const now = await validate(lab, only);
    if (wanted(now) || performance.now() > deadline) return now;
    await sleep(1000);
  }
}

function line(told: Told | undefined): string {
  return told ? `${told.verdict} ${told.id}: ${told.evidence} (fix: ${told.fix})` : 'not asked';
}
