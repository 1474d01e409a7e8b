import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { act, type Breakage, checksOf, type Scene } from './breakage.ts';
import { typed } from './fix.ts';

/** A finding as `scripts/validate.mjs --json` tells it. */
interface Told {
  id: string;
  /** A host's name, or `fleet`. */
  host: string;
  verdict: 'pass' | 'warn' | 'fail' | 'skip';
  severity: string;
  evidence: string;
  fix: string;
}

/** What was found, by host and id. */
type Found = ReadonlyMap<string, Told>;

/** How long a change may take to be seen: health checks, restarts, and the next block. */
const PATIENCE_MILLISECONDS = 180_000;

/** Breaks and mends one thing after the other, once nothing fails. */
export async function provokeAll(
  t: TestContext,
  scene: Scene,
  breakages: readonly Breakage[],
): Promise<void> {
  const before = await whole(scene);
  for (const breakage of breakages) {
    const title = checksOf(breakage).join(', ');
    await t.test(title, { timeout: 600_000 }, async (s) => {
      // All of them take most of an hour, and what fails is to be known before.
      await provoke(scene, breakage, before).catch((error: Error) => {
        s.diagnostic(error.message);
        throw error;
      });
    });
  }
}

/** Validates, and returns what was found. */
async function validate(scene: Scene, only: readonly string[] = []): Promise<Found> {
  const words = only.length > 0 ? ['--only', only.join(',')] : [];
  const { events, stderr } = await scene.script('validate', '--json', ...words);
  const findings = events.filter(({ type }) => type === 'finding') as unknown as Told[];
  assert.ok(findings.length > 0, `nothing was validated: ${stderr}`);
  return new Map(
    findings.map(withoutClock).map((finding) => [`${finding.host} ${finding.id}`, finding]),
  );
}

/** Test hosts have the clock of this machine, which nobody need have synchronised: after 15 minutes their alert says so. */
function withoutClock(told: Told): Told {
  if (told.id !== 'monitoring.alerts') return told;
  const alerts = told.evidence.split(', ').filter((name) => name !== 'ClockNotSynchronised');
  return alerts.length > 0
    ? { ...told, evidence: alerts.join(', ') }
    : { ...told, verdict: 'pass', evidence: 'none is' };
}

/**
 * Validates until nothing fails, as soon after a deploy something may, and until Prometheus has asked everything once.
 * Throws with what still fails.
 */
async function whole(scene: Scene): Promise<Found> {
  const failing = (now: Found) => [...now.values()].filter(({ verdict }) => verdict === 'fail');
  const targets = (now: Found) => [...now.values()].filter(({ id }) => id === 'monitoring.targets');
  const found = await until(
    scene,
    undefined,
    (now) => failing(now).length === 0 && targets(now).every(({ verdict }) => verdict === 'pass'),
  );
  assert.deepEqual(failing(found).map(line), [], 'nothing fails before anything is broken');
  return found;
}

/**
 * Breaks one thing, sees exactly the checks that are meant for it object with a fix, types the commands of the first of
 * them, and sees everything as it was before.
 * @param before what was found with nothing broken
 */
async function provoke(scene: Scene, breakage: Breakage, before: Found): Promise<void> {
  const { verdict = 'fail', alsoFails = [], only, evidence, fix, mends } = breakage;
  const meant = checksOf(breakage).map((check) => keyOf(check, breakage.host, before));
  for (const key of meant) {
    const told = before.get(key);
    assert.equal(told?.verdict, 'pass', `it does not pass before: ${line(told)}`);
  }
  const strangers = (now: Found) =>
    objections(now, before).filter((key) => !meant.includes(key) && !alsoFails.includes(idOf(key)));
  let found: Found = new Map();
  try {
    await act(scene, breakage.breaks);
    found = await until(
      scene,
      only,
      (now) =>
        strangers(now).length === 0 &&
        meant
          .map((key) => now.get(key))
          .every((told) => told?.verdict === verdict && evidence.test(told.evidence)),
    );
    const seen = objections(found, before).map((key) => line(found.get(key)));
    for (const told of meant.map((key) => found.get(key))) {
      assert.equal(told?.verdict, verdict, `${line(told)}; all: ${seen.join('\n')}`);
      assert.match(told.evidence, evidence);
      assert.match(told.fix, fix);
    }
    const others = strangers(found).map((key) => line(found.get(key)));
    assert.deepEqual(others, [], `not ${meant.join(', ')} alone`);
  } finally {
    await (mends ? act(scene, mends) : typed(found.get(meant[0]!)?.fix ?? ''));
  }
  const mended = await until(scene, only, (now) => objections(now, before).length === 0);
  assert.deepEqual(
    objections(mended, before).map((key) => line(mended.get(key))),
    [],
    'the fix does not mend it',
  );
  await act(scene, breakage.clears ?? []);
}

/** The one finding of a check, of a host where several have it; or of them all together. */
function keyOf(check: string, host: string | undefined, found: Found): string {
  const keys = [...found.values()]
    .filter(
      (told) =>
        told.id === check && (host === undefined || told.host === host || told.host === 'fleet'),
    )
    .map((told) => `${told.host} ${told.id}`);
  assert.equal(keys.length, 1, `${check} is told of ${keys.length} hosts`);
  return keys[0]!;
}

function idOf(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}

/** The checks that say something worse than before. What could not be told then is not expected to be told now. */
function objections(now: Found, before: Found): string[] {
  return [...now]
    .filter(([key, { verdict }]) => verdict !== 'pass' && before.get(key)?.verdict !== verdict)
    .map(([key]) => key);
}

/** Validates until it is as wanted, or the patience is over; returns the last findings. */
async function until(
  scene: Scene,
  only: readonly string[] | undefined,
  wanted: (now: Found) => boolean,
): Promise<Found> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const now = await validate(scene, only);
    if (wanted(now) || performance.now() > deadline) return now;
    await sleep(1000);
  }
}

function line(told: Told | undefined): string {
  return told
    ? `${told.verdict} ${told.id} of ${told.host}: ${told.evidence} (fix: ${told.fix})`
    : 'not asked';
}
