import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as soon } from 'node:timers/promises';
import { Turns } from '../../../lib/run/turns.ts';

describe('those that go one after the other', { timeout: 10_000 }, () => {
  test('go by rank, one at a time, and not before everybody has decided', async () => {
    const turns = new Turns(5);
    const [last, late, early] = [turns.seat(), turns.seat(), turns.seat()];
    const [idle, undecided] = [turns.seat(), turns.seat()];
    const went: string[] = [];
    const go = async (name: string, seat: typeof late, rank: number) => {
      assert.equal(await seat.turn(rank), undefined);
      went.push(`${name} begins`);
      await soon();
      went.push(`${name} ends`);
      seat.end();
      seat.leave();
    };
    const all = [go('last', last, 3), go('late', late, 2), go('early', early, 1)];
    idle.leave();
    await soon();
    assert.deepEqual(went, []);
    undecided.leave();
    await Promise.all(all);
    const inOrder = ['early', 'late', 'last'].flatMap((name) => [`${name} begins`, `${name} ends`]);
    assert.deepEqual(went, inOrder);
  });

  test('stop after the first problem, with its reason', async () => {
    const turns = new Turns(3);
    const [one, two, three] = [turns.seat(), turns.seat(), turns.seat()];
    const answers = [one.turn(1), two.turn(2), three.turn(3)];
    assert.equal(await answers[0], undefined);
    one.end('one is broken');
    assert.deepEqual(await Promise.all(answers.slice(1)), ['one is broken', 'one is broken']);
  });

  test('are not kept waiting by one that leaves twice', async () => {
    const turns = new Turns(2);
    const [one, two] = [turns.seat(), turns.seat()];
    one.leave();
    one.leave();
    const turn = two.turn(0);
    assert.equal(await turn, undefined);
    two.end();
    two.leave();
  });
});
