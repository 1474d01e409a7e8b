import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, UserError } from './exit-codes.ts';
import type { PartEnd, PartRun } from './part-run.ts';
import type { Errands, OutOfService, Rolling } from './role.ts';
import type { Seat } from './turns.ts';
import type { Visit } from './visits.ts';

/**
 * Brings a part about on one of several hosts that serve the same. First every host is looked at, side by side: those
 * where nothing is to change are done with that, and those that do not serve yet are changed at once. The others go one
 * after the other: out of service, changed, back when well. The first that fails ends it, with the rest still serving.
 */
export async function roll(run: PartRun, seat: Seat, visit: Visit): Promise<PartEnd> {
  const { dryRun, listener } = run.options;
  const { host } = run.part;
  const looked = await run.look();
  if (looked.end.status !== 'done' || looked.pending === 0) {
    looked.tell();
    return looked.end;
  }
  const rolling = run.part.roles.find((role) => role.rolling)?.rolling as Rolling;
  const serves = await visit(host, rolling.serves).then(
    () => true,
    () => false,
  );
  if (!serves) {
    if (!dryRun) return run.apply();
    looked.tell();
    return looked.end;
  }
  const errands = errandsOf(run, visit);
  const stopped = await seat.turn(await rolling.rank(run.context, errands));
  if (stopped) return { status: 'skipped', reason: `${stopped}, so this host serves on as it is` };
  let end: PartEnd = { status: 'failed', reason: '' };
  try {
    if (dryRun) {
      listener.note(host, 'would be changed by itself, while the others serve');
      looked.tell();
      end = looked.end;
    } else end = await inTurn(run, rolling, errands);
  } finally {
    const done = end.status === 'done' ? undefined : `${host.name} is not done`;
    seat.end(done);
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

async function inTurn(run: PartRun, rolling: Rolling, errands: Errands): Promise<PartEnd> {
  if (run.options.signal.aborted) return { status: 'interrupted', reason: '' };
  let out: OutOfService | undefined;
  try {
    out = await rolling.takeOut(run.context, errands);
    const end = await run.apply();
    if (end.status === 'done') await out.backWhenWell();
    else if (end.status === 'interrupted') await out.backAsItIs();
    return end;
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== EXIT.interrupted) throw error;
    await out?.backAsItIs();
    return { status: 'interrupted', reason: 'ended while it was waited for' };
  }
}
