import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StepAccount, singleRecords } from '../../../lib/run/step-account.ts';

/** A record as it is sent: "started 1 0 0". */
function record(line: string) {
  const [type = '', ...words] = line.split(' ');
  return { type, words };
}

/** Which of these records of a script of two steps are believed, and how the script has ended by them. */
function told(lines: readonly string[], { dryRun = false } = {}) {
  const account = new StepAccount(2, dryRun);
  const believed = lines.filter((line) => account.add(record(line)));
  return { believed, end: account.end };
}

const FIRST = ['started 1 0 0', 'changed 1 12 0'];
const SECOND = ['started 2 0 0', 'unchanged 2 3 0'];
const FAILED = ['started 2 0 0', 'failed 2 3 7'];
const BOTH = [...FIRST, ...SECOND];

describe('what a script can have told', () => {
  for (const [what, lines, end, options] of [
    ['all steps and the last word', [...BOTH, 'end 0 0 0'], 'done'],
    ['a step that failed and the last word', [...FIRST, ...FAILED, 'end 0 0 1'], 'failed'],
    ['that it was stopped after a step', [...FIRST, 'end 0 0 130'], 'stopped'],
    ['that it was stopped before any', ['end 0 0 130'], 'stopped'],
    ['no last word', BOTH, 'failed'],
    ['nothing', [], 'failed'],
    ['what a dry run would do', ['started 1 0 0', 'pending 1 5 0'], 'failed', { dryRun: true }],
    ['a note, even a late one', ['note YQ==', ...BOTH, 'end 0 0 0', 'note YQ=='], 'done'],
  ] as const)
    test(what, () => {
      assert.deepEqual(told(lines, options), { believed: [...lines], end });
    });
});

describe('what a script cannot have told is not believed, nor what comes after it', () => {
  for (const [what, lines, believed, options] of [
    ['a step of which it was not told that it started', ['unchanged 1 0 0'], 0],
    ['a step that started twice', ['started 1 0 0', 'started 1 0 0'], 1],
    ['an outcome of another step', ['started 1 0 0', 'unchanged 2 0 0'], 1],
    ['a second outcome', [...FIRST, 'unchanged 1 0 0'], 2],
    ['a step out of turn', ['started 2 0 0'], 0],
    ['a step again', [...FIRST, ...FIRST], 2],
    ['a step that is not there', [...BOTH, 'started 3 0 0'], 4],
    ['a step after one that failed', ['started 1 0 0', 'failed 1 0 1', 'started 2 0 0'], 2],
    ['a failure without a status', ['started 1 0 0', 'failed 1 0 0'], 1],
    ['a success with a status', ['started 1 0 0', 'changed 1 0 1'], 1],
    ['something else', ['started 1 0 0', 'skipped 1 0 0'], 1],
    ['a change in a dry run', ['started 1 0 0', 'changed 1 0 0'], 1, { dryRun: true }],
    ['a failure in a dry run', ['started 1 0 0', 'failed 1 0 1'], 1, { dryRun: true }],
    ['what only a dry run tells', ['started 1 0 0', 'pending 1 0 0'], 1],
    ['a number that is none', ['started one 0 0'], 0],
    ['a time that is none', ['started 1 -5 0'], 0],
    ['a status that is none', ['started 1 0 x'], 0],
    ['a number of ten digits', ['started 0000000001 0 0'], 0],
    ['fewer words', ['started 1 0'], 0],
    ['the end before the last step', [...FIRST, 'end 0 0 0'], 2],
    ['the end within a step', ['started 1 0 0', 'end 0 0 130'], 1],
    ['the end after a failure as a success', [...FIRST, ...FAILED, 'end 0 0 0'], 4],
    ['the end after a failure as a stop', ['started 1 0 0', 'failed 1 0 1', 'end 0 0 130'], 2],
    ['a stop after the last step', [...BOTH, 'end 0 0 130'], 4],
    ['a failure where none failed', [...BOTH, 'end 0 0 1'], 4],
    ['an end of another kind', [...BOTH, 'end 0 0 2'], 4],
    ['anything after the end', [...BOTH, 'end 0 0 0', 'end 0 0 0'], 5],
  ] as const)
    test(what, () => {
      const after = ['note YQ==', ...BOTH, 'end 0 0 0'];
      const { believed: seen, end } = told([...lines, ...after], options);
      assert.deepEqual(seen, lines.slice(0, believed));
      assert.equal(end, 'implausible');
    });

  test('more notes than anybody would read', () => {
    const account = new StepAccount(1, false);
    const believed = Array.from({ length: 1002 }, () => account.add(record('note YQ==')));
    assert.equal(believed.filter(Boolean).length, 1000);
    assert.equal(account.add(record('started 1 0 0')), true, 'they say nothing of the steps');
  });
});

describe('a record of several steps that are known to be unchanged', () => {
  const of = (line: string) =>
    [...singleRecords(record(line))].map(({ type, words }) => [type, ...words].join(' '));

  test('stands for each of them', () => {
    const each = [3, 4].flatMap((number) => [`started ${number} 0 0`, `unchanged ${number} 0 0`]);
    assert.deepEqual(of('known 3 4'), each);
    assert.deepEqual(of('known 4 4'), each.slice(2));
  });

  test('stands for itself where it names none', () => {
    for (const line of ['known 4 3', 'known 1', 'known one 2', 'known 1 9999999999', 'known -1 2'])
      assert.deepEqual(of(line), [line]);
  });

  test('is the only one of its kind', () => {
    assert.deepEqual(of('started 1 2'), ['started 1 2']);
  });
});
