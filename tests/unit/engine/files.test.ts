import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sh } from '../../../lib/shell.ts';
import { directory, file } from '../../../lib/steps/file.ts';
import { waitFor } from '../../../lib/steps/system.ts';
import { OWNER, runSteps, skip, stepOf, temporary } from './run.ts';

const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('a file', { skip }, () => {
  test('gets content, mode and owner, each mended when it is not so, and is then left alone', async (t) => {
    const path = join(temporary(t), 'x');
    const steps = [file({ path, content: 'one\n\ntwo\n', mode: '640', owner: OWNER })];
    const state = () => [readFileSync(path, 'utf8'), mode(path)];
    assert.deepEqual((await runSteps(steps)).statuses, ['changed']);
    assert.deepEqual(state(), ['one\n\ntwo\n', '640']);
    const spoilers: (() => void)[] = [
      () => writeFileSync(path, 'other\n'),
      () => writeFileSync(path, 'one\n\ntwo'),
      () => chmodSync(path, 0o644),
    ];
    for (const spoil of spoilers) {
      spoil();
      assert.deepEqual((await runSteps(steps)).statuses, ['changed'], String(spoil));
      assert.deepEqual(state(), ['one\n\ntwo\n', '640']);
      const { ino, mtimeMs } = statSync(path);
      assert.deepEqual((await runSteps(steps)).statuses, ['unchanged']);
      assert.deepEqual([statSync(path).ino, statSync(path).mtimeMs], [ino, mtimeMs]);
    }
  });

  test('takes the place of a link, and leaves what the link points at alone', async (t) => {
    const [path, target] = [join(temporary(t), 'x'), join(temporary(t), 'target')];
    writeFileSync(target, 'new\n');
    chmodSync(target, 0o644);
    symlinkSync(target, path);
    const { statuses } = await runSteps([file({ path, content: 'new\n', owner: OWNER })]);
    assert.deepEqual(statuses, ['changed']);
    assert.throws(() => readlinkSync(path));
    writeFileSync(target, 'still there\n');
    assert.equal(readFileSync(path, 'utf8'), 'new\n');
  });

  test('where a directory stands is refused, and the directory stays', async (t) => {
    const path = join(temporary(t), 'x');
    mkdirSync(join(path, 'inside'), { recursive: true });
    for (const activate of [undefined, sh`true`]) {
      const step = file({ path, content: 'x\n', owner: OWNER, ...(activate && { activate }) });
      const { done, events } = await runSteps([step]);
      assert.equal(done, false);
      assert.match(events.at(-1)!.output, /^mv: cannot overwrite directory/);
    }
    assert.ok(existsSync(join(path, 'inside')));
    assert.deepEqual(readdirSync(path), ['inside']);
    assert.deepEqual(readdirSync(join(path, '..')), ['x'], 'what was not put in place is gone');
  });

  test('is replaced in one move: a reader sees the old or the new, never half of one', {
    timeout: 60_000,
  }, async (t) => {
    const path = join(temporary(t), 'x');
    const contents = ['a', 'b'].map((letter) => `${letter.repeat(99)}\n`.repeat(20_000));
    writeFileSync(path, contents[0]!);
    const steps = [1, 0, 1, 0, 1].map((which) =>
      file({
        path,
        content: sh`yes ${contents[which]!.slice(0, 99)} | head -n 20000 || :`,
        owner: OWNER,
      }),
    );
    let [reads, done] = [0, false];
    const running = runSteps(steps).finally(() => {
      done = true;
    });
    const seen = new Set<string>();
    while (!done) {
      seen.add(readFileSync(path, 'utf8'));
      reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok((await running).done);
    assert.deepEqual([...seen].filter((text) => !contents.includes(text)).length, 0);
    assert.ok(reads > 20 && seen.size === 2, `${reads} reads, ${seen.size} contents`);
  });

  test('whose generator fails half-way keeps its old content, and nothing is left beside it', async (t) => {
    const parent = temporary(t);
    const path = join(parent, 'x');
    writeFileSync(path, 'old\n');
    for (const content of [sh`echo half; exit 3`, sh`echo half; false; echo rest`]) {
      const { done, events } = await runSteps([file({ path, content, owner: OWNER })]);
      assert.equal(done, false);
      assert.equal(events.at(-1)?.type, 'failed');
      assert.equal(readFileSync(path, 'utf8'), 'old\n');
      assert.deepEqual(readdirSync(parent), ['x']);
    }
  });

  test('that its validation refuses keeps its old content, and says why', async (t) => {
    const path = join(temporary(t), 'x');
    writeFileSync(path, 'old\n');
    const validate = sh`grep -q good "$new" || { echo "line 1: not good" >&2; exit 1; }`;
    const bad = await runSteps([file({ path, content: 'bad\n', owner: OWNER, validate })]);
    assert.match(bad.events.at(-1)!.output, /line 1: not good/);
    assert.equal(readFileSync(path, 'utf8'), 'old\n');
    const good = await runSteps([file({ path, content: 'good\n', owner: OWNER, validate })]);
    assert.ok(good.done);
    assert.equal(readFileSync(path, 'utf8'), 'good\n');
  });

  test('is activated when it changed, and only then', async (t) => {
    const parent = temporary(t);
    const [path, log] = [join(parent, 'x'), join(parent, 'log')];
    const steps = [file({ path, content: 'x\n', owner: OWNER, activate: sh`echo on >>${log}` })];
    await runSteps(steps);
    await runSteps(steps);
    assert.equal(readFileSync(log, 'utf8'), 'on\n');
  });

  test('whose activation failed is as before, and activated by the next run', async (t) => {
    const [path, works] = [join(temporary(t), 'x'), join(temporary(t), 'works')];
    const activate = sh`[[ -e ${works} ]]`;
    const steps = [file({ path, content: 'x\n', owner: OWNER, activate })];
    assert.deepEqual((await runSteps(steps)).statuses, ['failed']);
    assert.ok(!existsSync(path));
    writeFileSync(path, 'before\n');
    assert.deepEqual((await runSteps(steps)).statuses, ['failed']);
    assert.equal(readFileSync(path, 'utf8'), 'before\n');
    writeFileSync(works, '');
    assert.deepEqual((await runSteps(steps)).statuses, ['changed']);
    assert.equal(mode(path), '644');
    assert.deepEqual((await runSteps(steps)).statuses, ['unchanged']);
  });

  test('shows its difference in a dry run, secrets as marks’ values are masked later', async (t) => {
    const path = join(temporary(t), 'x');
    writeFileSync(path, 'one\ntwo\n');
    const { events } = await runSteps([file({ path, content: 'one\nthree\n', owner: OWNER })], {
      dryRun: true,
    });
    const { output } = events.at(-1)!;
    assert.match(output, /^--- .*\(now\)\n\+\+\+ .*\(new\)\n/);
    assert.match(output, /^-two$/m);
    assert.match(output, /^\+three$/m);
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  });

  test('of hostile name is that file and no other', async (t) => {
    const parent = temporary(t);
    const names = ["it's", '$(id)', 'a b', '-rf', '*', 'Ünï'];
    const steps = names.map((name) =>
      file({ path: join(parent, name), content: 'x\n', owner: OWNER }),
    );
    assert.ok((await runSteps(steps)).done);
    assert.deepEqual(readdirSync(parent).sort(), names.toSorted());
    assert.ok((await runSteps(steps)).statuses.every((status) => status === 'unchanged'));
  });

  test('that depends on the host is made there, and compared there', async (t) => {
    const path = join(temporary(t), 'x');
    const content = sh`awk '/^MemTotal:/ { print "memory " $2 }' /proc/meminfo`;
    const steps = [file({ path, content, owner: OWNER })];
    assert.deepEqual((await runSteps(steps)).statuses, ['changed']);
    assert.match(readFileSync(path, 'utf8'), /^memory \d+\n$/);
    assert.deepEqual((await runSteps(steps)).statuses, ['unchanged']);
  });
});

test('a directory gets its mode, and keeps what is in it', { skip }, async (t) => {
  const path = join(temporary(t), 'a', 'b');
  const steps = [directory({ path, mode: '750', owner: OWNER })];
  assert.deepEqual((await runSteps(steps)).statuses, ['changed']);
  assert.equal(mode(path), '750');
  writeFileSync(join(path, 'kept'), '');
  chmodSync(path, 0o777);
  assert.deepEqual((await runSteps(steps)).statuses, ['changed']);
  assert.equal(mode(path), '750');
  assert.deepEqual(readdirSync(path), ['kept']);
  assert.deepEqual((await runSteps(steps)).statuses, ['unchanged']);
});

describe('waiting', { skip }, () => {
  test('ends as soon as the probe succeeds', async (t) => {
    const path = join(temporary(t), 'x');
    const soon = stepOf(
      `test -e ${path}-asked`,
      `touch ${path}-asked; (sleep 1; touch ${path}) >/dev/null &`,
    );
    const waiting = waitFor({ title: 'wait', probe: sh`test -e ${path}`, seconds: 30 });
    const { done, events } = await runSteps([soon, waiting]);
    assert.ok(done);
    assert.ok(events.at(-1)!.milliseconds < 10_000);
  });

  test('ends at its deadline with what the probe said last', async () => {
    const probe = sh`echo "not yet: $SECONDS"; echo refused >&2; false`;
    const { events } = await runSteps([waitFor({ title: 'wait', probe, seconds: 2 })]);
    const failed = events.at(-1)!;
    assert.equal(failed.type, 'failed');
    assert.match(failed.output, /^still not so after 2 s: not yet: [23]\nrefused\n/);
  });

  test('takes a probe of several lines at its word: any of them may fail it', async (t) => {
    const path = join(temporary(t), 'x');
    const probe = sh`
      test -e ${path}
      true`;
    const soon = stepOf(
      `test -e ${path}-asked`,
      `touch ${path}-asked; (sleep 2; touch ${path}) >/dev/null &`,
    );
    const { done } = await runSteps([soon, waitFor({ title: 'wait', probe, seconds: 30 })]);
    assert.ok(done);
  });
});
