import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { compile, header, printedHeader, secretsIn, withMarks } from '../../../lib/run/compile.ts';
import { sh } from '../../../lib/shell.ts';
import type { Step } from '../../../lib/step.ts';
import { file } from '../../../lib/steps/file.ts';
import { OWN_RUN, OWNER, runSteps, skip, stepOf, temporary } from './run.ts';

const SECRET = { name: 'redis_password', value: 'canary-7f3a' };
const step = (more: Partial<Step>) => ({ ...stepOf('false', 'true'), ...more });

describe('a secret', () => {
  test('stands in content only, and there as a mark', () => {
    const written = file({ path: '/etc/x', content: `requirepass ${SECRET.value}\n` });
    const script = compile('t', [written], [SECRET]);
    assert.doesNotMatch(script, /canary/);
    assert.match(script, /^requirepass @\{secret:redis_password\}$/m);
    const used = secretsIn(script, [SECRET]);
    const head = header({ dryRun: false, nonce: 'n', secrets: used });
    assert.match(head, /^redis_password=canary-7f3a$/m);
    const printed = printedHeader(script, [SECRET], 'deployments/x/secrets.yaml');
    assert.doesNotMatch(printed, /canary/);
    assert.match(printed, /redis_password:\?/);
  });

  test('anywhere else is refused, and the refusal does not show it', () => {
    const places: Partial<Step>[] = [
      { title: `set ${SECRET.value}` },
      { check: sh`test ${SECRET.value}` },
      { apply: sh`redis-cli -a ${SECRET.value}` },
      { diff: sh`echo ${SECRET.value}` },
      { content: sh`echo ${SECRET.value}` },
    ];
    for (const place of places) {
      assert.throws(
        () => compile('t', [step({ title: 'a step', ...place })], [SECRET]),
        (error: Error) =>
          error instanceof TypeError &&
          error.message.includes('the secret redis_password') &&
          !error.message.includes('canary'),
        JSON.stringify(place),
      );
    }
  });

  test('with a quote in it is found in shell too, where quoting takes it apart', () => {
    const quoted = { name: 'db_password', value: "can'ary" };
    assert.throws(
      () => compile('t', [step({ apply: sh`psql ${`password=${quoted.value}`}` })], [quoted]),
      /the secret db_password stands in shell/,
    );
  });

  test('that is part of another, or a word of the marks, takes no mark apart', () => {
    const secrets = [
      { name: 'short', value: 'secret' },
      { name: 'long', value: 'secret-and-more' },
    ];
    assert.equal(withMarks('secret-and-more secret', secrets), '@{secret:long} @{secret:short}');
  });

  test('is sent to the hosts that write it, and to no other', () => {
    const other = { name: 'other', value: 'canary-other' };
    const script = compile('t', [file({ path: '/x', content: 'canary-7f3a\n' })], [SECRET, other]);
    const used = secretsIn(script, [SECRET, other]);
    assert.deepEqual(used, [SECRET]);
    assert.doesNotMatch(header({ dryRun: false, nonce: 'n', secrets: used }), /other/);
  });

  test('arrives in the file byte for byte, whatever is in it', { skip }, async (t) => {
    const path = join(temporary(t), 'file');
    const values = [
      'a\'b"c',
      '$(id) `id` ${x}',
      'back\\slash & \\1 &',
      '@{secret:two}',
      'ünï 漢',
      '%s\\n',
      '/*?',
    ];
    const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
    const secrets = values.map((value, index) => ({
      name: names[index]!,
      value: `${value}-${index}`,
    }));
    const content = `${secrets.map(({ value }) => value).join('\n')}\n`;
    const { done, events } = await runSteps([file({ path, content, mode: '600', owner: OWNER })], {
      secrets,
    });
    assert.ok(done, JSON.stringify(events));
    assert.equal(readFileSync(path, 'utf8'), content);
  });
});

describe('content', () => {
  test('without a newline at its end, or with a NUL byte, is refused', () => {
    assert.throws(() => compile('t', [file({ path: '/x', content: 'x' })], []), /newline/);
    assert.throws(() => compile('t', [file({ path: '/x', content: '' })], []), /newline/);
    assert.throws(() => compile('t', [file({ path: '/x', content: 'a\0b\n' })], []), /NUL/);
  });

  test('cannot end the text in which it is sent', { skip }, async (t) => {
    const path = join(temporary(t), 'file');
    const content = 'END_OF_CONTENT\nEND_OF_CONTENT_\n}\ntouch /tmp/owned\n$(id)\n`id`\n\\\n\n\n';
    await runSteps([file({ path, content, owner: OWNER })]);
    assert.equal(readFileSync(path, 'utf8'), content);
  });
});

test('a path that is not absolute is refused', () => {
  assert.throws(() => file({ path: 'etc/x', content: 'x\n' }), /absolute/);
});

test('a step that follows one of another host is refused', () => {
  const elsewhere = stepOf('true', 'true');
  assert.throws(() => compile('t', [step({ after: [elsewhere] })], []), /not on this host/);
});

test('a title cannot become shell', { skip }, async (t) => {
  const directory = temporary(t);
  const title = `a\ntouch ${directory}/owned #'; touch ${directory}/owned; $(touch ${directory}/owned)`;
  const { done, events } = await runSteps([
    stepOf(`test -e ${directory}/done`, `touch ${directory}/done`, { title }),
  ]);
  assert.ok(done);
  assert.equal(events[0]?.title, title);
  assert.equal(spawnSync('ls', [directory]).stdout.toString(), 'done\n');
});

test('the compiled script is good bash, without a warning', () => {
  const steps = [file({ path: '/etc/x', content: 'x\n' }), stepOf('false', 'true')];
  const { status, stderr } = spawnSync('bash', ['-n'], { input: compile('t', steps, []) });
  assert.equal(stderr.toString(), '');
  assert.equal(status, 0);
});

test('a script that was cut off applies nothing', { skip, timeout: 120_000 }, (t) => {
  const marker = join(temporary(t), 'applied');
  const steps = [
    file({ path: marker, content: `${'some content\n'.repeat(40)}`, owner: OWNER }),
    stepOf('false', `touch ${marker}`),
    file({ path: marker, content: 'x\n', owner: OWNER }),
  ];
  const text = compile('t', steps, []);
  const head = header({ dryRun: false, nonce: 'n0', secrets: [] });
  const whole = Buffer.from(head + text);
  const [program = '', ...words] = OWN_RUN;
  const last = whole.length - 'main\n'.length;
  // The ends of its last lines are where a cut would matter most; the rest is spread over the whole script.
  const cuts = [...Array(40).keys()].map((back) => last + 3 - back);
  for (let index = 0; index < 160; index++)
    cuts.push(Math.floor(((index + Math.random()) / 160) * last));
  const loop = `while IFS= read -r cut; do head -c "$cut" "$1" | bash -c 'eval "$(cat)"' >/dev/null 2>&1; [[ ! -e $2 ]] || { echo "$cut"; rm "$2"; }; done`;
  const source = join(temporary(t), 'script');
  spawnSync('tee', [source], { input: whole });
  const { stdout, stderr, status } = spawnSync(
    program,
    [...words, 'bash', '-c', loop, 'loop', source, marker],
    { input: `${cuts.join('\n')}\n` },
  );
  assert.equal(status, 0, stderr.toString());
  assert.equal(stdout.toString(), '', 'cuts after which something was applied');
  const control = spawnSync(program, [...words, 'bash', '-c', loop, 'loop', source, marker], {
    input: `${whole.length}\n`,
  });
  assert.equal(control.stdout.toString(), `${whole.length}\n`, 'the whole script applies');
});
