import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from '../exit-codes.ts';
import type { RoleName } from '../profile/roles.ts';
import type { Errands, OutOfService, Rolling } from '../role.ts';
import type { PartEnd, PartRun } from './part-run.ts';
import type { Seat } from './turns.ts';
import type { Visit } from './visits.ts';

/**
 * Brings a part about on one of several hosts that serve the same. First every host is looked at, side by side: those
 * where nothing is to change are done with that, and those that do not serve yet are changed at once. The others go one
 * after the other: out of service, changed, back when well. The first that fails ends it, with the rest still serving;
 * it stays out, until a run finds it well.
 */
export async function roll(run: PartRun, seat: Seat, visit: Visit): Promise<PartEnd> {
  const { dryRun, listener } = run.options;
  const { host } = run.part;
  const looked = await run.look();
  if (looked.end.status !== 'done') {
    looked.tell();
    return looked.end;
  }
  const rolling = run.part.roles.find((role) => role.rolling)?.rolling as Rolling;
  const errands = errandsOf(run, visit);
  if (looked.pending === 0) {
    looked.tell();
    return putBack(run, seat, rolling, errands);
  }
  const serves = await visit(host, rolling.serves).then(
    () => true,
    (error: unknown) => {
      // Of one that could not be asked nobody knows: to change it now could be to change the last that serves.
      if (error instanceof UserError && error.exitCode === EXIT.failed) return false;
      throw error;
    },
  );
  if (!serves) {
    if (dryRun) {
      looked.tell();
      return looked.end;
    }
    const end = await run.apply();
    return end.status === 'done' ? putBack(run, seat, rolling, errands) : end;
  }
  return inTurn(run, seat, rolling, errands, async () => {
    if (!dryRun) return changed(run, rolling, errands);
    listener.note(host, 'would be changed by itself, while the others serve');
    looked.tell();
    return looked.end;
  });
}

/** Puts a host back that an earlier change has left out of service, when it is well. */
async function putBack(
  run: PartRun,
  seat: Seat,
  rolling: Rolling,
  errands: Errands,
): Promise<PartEnd> {
  const { dryRun, listener, parts } = run.options;
  const { leftOut } = rolling;
  const has = (role: RoleName) =>
    parts.some(({ roles }) => roles.some(({ name }) => name === role));
  if (!leftOut || has(leftOut.alsoMendedBy)) return DONE;
  const out = await leftOut.find(run.context, errands);
  if (!out) return DONE;
  return inTurn(run, seat, rolling, errands, async () => {
    if (dryRun) listener.note(run.part.host, 'is out of service, and would be put back when well');
    else await staying(out, out.backWhenWell());
    return DONE;
  });
}

const DONE: PartEnd = { status: 'done', reason: '' };

/** Does something to a host while nothing is done to the others. */
async function inTurn(
  run: PartRun,
  seat: Seat,
  rolling: Rolling,
  errands: Errands,
  work: () => Promise<PartEnd>,
): Promise<PartEnd> {
  const stopped = await seat.turn(await rolling.rank(run.context, errands));
  if (stopped) return { status: 'skipped', reason: `${stopped}, so this host is left as it is` };
  let end: PartEnd = { status: 'failed', reason: '' };
  try {
    end = await work();
  } finally {
    seat.end(end.status === 'done' ? undefined : `${run.part.host.name} is not done`);
  }
  return end;
}

function errandsOf(run: PartRun, visit: Visit): Errands {
  const { listener, signal } = run.options;
  return {
    visit,
    note: (text) => listener.note(run.part.host, text),
    pause: (milliseconds) =>
      sleep(milliseconds, undefined, { signal }).catch(() => {
        throw new UserError('interrupted', EXIT.interrupted);
      }),
  };
}

/** Changes a host that serves: out of service before, back afterwards. */
async function changed(run: PartRun, rolling: Rolling, errands: Errands): Promise<PartEnd> {
  if (run.options.signal.aborted) return { status: 'interrupted', reason: '' };
  let out: OutOfService | undefined;
  try {
    out = await rolling.takeOut(run.context, errands);
    const end = await staying(out, run.apply());
    if (end.status === 'done') await staying(out, out.backWhenWell());
    else if (end.status === 'interrupted') await out.backAsItIs();
    else if (out.staysOut) return { ...end, reason: `${end.reason}\n  ${out.staysOut}` };
    return end;
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== EXIT.interrupted) throw error;
    await out?.backAsItIs();
    return { status: 'interrupted', reason: 'ended while it was waited for' };
  }
}

/** Adds to what goes wrong that the host stays out of service, and what brings it back. */
async function staying<T>({ staysOut }: OutOfService, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode === EXIT.interrupted || !staysOut)
      throw error;
    throw new UserError(`${error.message}\n  ${staysOut}`, error.exitCode);
  }
}
