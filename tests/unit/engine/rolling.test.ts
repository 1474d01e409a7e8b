import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EXIT, UserError } from '../../../lib/exit-codes.ts';
import type { Rolling } from '../../../lib/role.ts';
import type { PartEnd, PartRun } from '../../../lib/run/part-run.ts';
import { roll } from '../../../lib/run/rolling.ts';
import { Turns } from '../../../lib/run/turns.ts';
import { Shell } from '../../../lib/shell.ts';

const DONE: PartEnd = { status: 'done', reason: '' };
const FAILED: PartEnd = { status: 'failed', reason: 'the new one does not start' };

/** What the hosts of a test are like, and what was done to them, in order. */
interface Scene {
  hosts: Record<
    string,
    {
      pending?: number;
      looked?: PartEnd;
      serves?: boolean;
      lost?: true;
      applied?: PartEnd;
      well?: Error;
      leftOut?: boolean;
    }
  >;
  dryRun?: boolean;
  /** Of the run, besides the one that rolls. */
  others?: string[];
  signal?: AbortSignal;
}

const STAYS_OUT = 'It is out, until it is well.';

async function play({
  hosts,
  dryRun = false,
  others = [],
  signal = new AbortController().signal,
}: Scene) {
  const done: string[] = [];
  const names = Object.keys(hosts);
  const turns = new Turns(names.length);
  const rolling: Rolling = {
    serves: new Shell('serves'),
    rank: ({ host }) => names.indexOf(host.name),
    takeOut: async ({ host }) => {
      done.push(`${host.name} out`);
      return outOfService(host);
    },
    leftOut: {
      alsoMendedBy: 'reverse-proxy',
      find: async ({ host }) => (hosts[host.name]?.leftOut ? outOfService(host) : undefined),
    },
  };
  const outOfService = ({ name }: { name: string }) => ({
    backWhenWell: async () => {
      const { well } = hosts[name] ?? {};
      if (well) throw well;
      done.push(`${name} back`);
    },
    backAsItIs: async () => {
      done.push(`${name} back as it is`);
    },
    staysOut: STAYS_OUT,
  });
  const visit = async ({ name }: { name: string }) => {
    if (hosts[name]?.lost) throw new UserError('no shell answered', EXIT.unreachable);
    if (hosts[name]?.serves === false) throw new UserError('it does not serve');
    return '';
  };
  const results = names.map(async (name) => {
    const { pending = 1, looked = DONE, applied = DONE } = hosts[name] ?? {};
    const seat = turns.seat();
    const run = {
      part: { host: { name }, roles: [{ name: 'relayminer', rolling }] },
      context: { host: { name } },
      options: {
        ...{ dryRun, signal, listener: { note: () => {} } },
        parts: [{ roles: [{ name: 'relayminer' }, ...others.map((other) => ({ name: other }))] }],
      },
      look: async () => ({ end: looked, pending, tell: () => done.push(`${name} told`) }),
      apply: async () => {
        done.push(`${name} changed`);
        return applied;
      },
    } as unknown as PartRun;
    try {
      return await roll(run, seat, visit as never);
    } catch (error) {
      return (error as Error).message;
    } finally {
      seat.leave();
    }
  });
  return { ends: await Promise.all(results), done };
}

describe('hosts that serve the same', () => {
  test('are changed one after the other, each out of service meanwhile', async () => {
    const { ends, done } = await play({ hosts: { a: {}, b: {} } });
    assert.deepEqual(ends, [DONE, DONE]);
    assert.deepEqual(done, ['a out', 'a changed', 'a back', 'b out', 'b changed', 'b back']);
  });

  test('are only looked at where nothing is to change', async () => {
    const { done } = await play({ hosts: { a: { pending: 0 }, b: { pending: 0 } } });
    assert.deepEqual(done, ['a told', 'b told']);
  });

  test('are only looked at where the look does not go through', async () => {
    const implausible: PartEnd = { status: 'failed', reason: 'the answers do not add up' };
    const { ends, done } = await play({
      hosts: { a: { looked: FAILED }, b: { looked: implausible, pending: 0, leftOut: true } },
    });
    assert.deepEqual(ends, [FAILED, implausible]);
    assert.deepEqual(done, ['a told', 'b told']);
  });

  test('are changed at once where they do not serve yet', async () => {
    const { done } = await play({ hosts: { a: { serves: false }, b: { serves: false } } });
    assert.deepEqual(done, ['a changed', 'b changed']);
  });

  test('are not changed at once where they could not be asked whether they serve', async () => {
    const { ends, done } = await play({ hosts: { a: { lost: true }, b: { lost: true } } });
    assert.deepEqual(ends, ['no shell answered', 'no shell answered']);
    assert.deepEqual(done, []);
  });

  test('are left alone after the first that fails, which stays out of service', async () => {
    const { ends, done } = await play({ hosts: { a: { applied: FAILED }, b: {} } });
    const reason = 'a is not done, so this host is left as it is';
    const failed = { status: 'failed', reason: `${FAILED.reason}\n  ${STAYS_OUT}` };
    assert.deepEqual(ends, [failed, { status: 'skipped', reason }]);
    assert.deepEqual(done, ['a out', 'a changed']);
  });

  test('are left alone after the first that does not become well', async () => {
    const { ends, done } = await play({
      hosts: { a: { well: new UserError('the height does not grow') }, b: {} },
    });
    assert.equal(ends[0], `the height does not grow\n  ${STAYS_OUT}`);
    assert.equal((ends[1] as PartEnd).status, 'skipped');
    assert.deepEqual(done, ['a out', 'a changed']);
  });

  test('come back after a change that failed, once they are mended', async () => {
    const { ends, done } = await play({
      hosts: { a: { serves: false, leftOut: true }, b: { pending: 0 } },
    });
    assert.deepEqual(ends, [DONE, DONE]);
    assert.deepEqual(done, ['b told', 'a changed', 'a back']);
  });

  test('come back where nothing is to change, before the next one is taken out', async () => {
    const { ends, done } = await play({ hosts: { a: { pending: 0, leftOut: true }, b: {} } });
    assert.deepEqual(ends, [DONE, DONE]);
    assert.deepEqual(done, ['a told', 'a back', 'b out', 'b changed', 'b back']);
  });

  test('stay out where they are not well, and then no other is taken out', async () => {
    const { ends, done } = await play({
      hosts: { a: { pending: 0, leftOut: true, well: new UserError('not ready') }, b: {} },
    });
    assert.equal(ends[0], `not ready\n  ${STAYS_OUT}`);
    assert.equal((ends[1] as PartEnd).status, 'skipped');
    assert.deepEqual(done, ['a told']);
  });

  test('are not put back by a run that has the role for it, nor by one that changes nothing', async () => {
    const hosts = { a: { pending: 0, leftOut: true } };
    assert.deepEqual((await play({ hosts, others: ['reverse-proxy'] })).done, ['a told']);
    assert.deepEqual((await play({ hosts, dryRun: true })).done, ['a told']);
  });

  test('come back as they are when the run is interrupted', async () => {
    const interrupted: PartEnd = { status: 'interrupted', reason: 'ended after step 2 of 9' };
    const changing = await play({ hosts: { a: { applied: interrupted }, b: {} } });
    assert.deepEqual(changing.done, ['a out', 'a changed', 'a back as it is']);
    const waiting = await play({
      hosts: { a: { well: new UserError('interrupted', EXIT.interrupted) }, b: {} },
    });
    assert.deepEqual(waiting.done, ['a out', 'a changed', 'a back as it is']);
    assert.equal((waiting.ends[0] as PartEnd).status, 'interrupted');
    const early = await play({ hosts: { a: {}, b: {} }, signal: AbortSignal.abort() });
    assert.deepEqual(early.done, []);
  });

  test('are told in order by a dry run, which changes none', async () => {
    const { ends, done } = await play({ hosts: { a: {}, b: {} }, dryRun: true });
    assert.deepEqual(ends, [DONE, DONE]);
    assert.deepEqual(done, ['a told', 'b told']);
  });
});
