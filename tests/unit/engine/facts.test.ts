import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { compile } from '../../../lib/run/compile.ts';
import { askFor } from '../../../lib/run/facts.ts';
import { sh } from '../../../lib/shell.ts';
import type { Step } from '../../../lib/step.ts';
import { file } from '../../../lib/steps/file.ts';
import { localShell } from '../checks/local.ts';
import { bash } from '../roles/deployed.ts';
import { OWN_RUN, OWNER, runSteps, skip, stepOf, temporary } from './run.ts';

/** A file step that tells in a log whenever its own check is asked. */
function logged(path: string, log: string): Step {
  const step = file({ path, content: 'x\n', owner: OWNER });
  return { ...step, check: sh`echo asked >>${log}; ${step.check}` };
}

describe('facts', { skip }, () => {
  test('that hold spare a step its check; any that does not leaves it to the check', async (t) => {
    const parent = temporary(t);
    const [path, log] = [join(parent, 'x'), join(parent, 'log')];
    const steps = [logged(path, log)];
    const asked = async () => {
      writeFileSync(log, '');
      const { statuses } = await runSteps([
        ...steps,
        stepOf(`! grep -q . ${log}`, 'true', { title: 'nothing was asked' }),
      ]);
      return statuses;
    };
    writeFileSync(path, 'x\n');
    chmodSync(path, 0o644);
    assert.deepEqual(await asked(), ['unchanged', 'unchanged']);
    chmodSync(path, 0o600);
    assert.deepEqual(await asked(), ['changed', 'failed']);
  });

  test('are asked for again once a step was applied, instead of the checks of all that follow', async (t) => {
    const parent = temporary(t);
    const log = join(parent, 'log');
    const followers = ['a', 'b'].map((name) => logged(join(parent, name), log));
    assert.ok((await runSteps(followers)).done);
    writeFileSync(log, '');
    const applied = join(parent, 'applied');
    const { statuses } = await runSteps([
      stepOf(`test -e ${applied}`, `touch ${applied}`),
      ...followers,
      stepOf(`! grep -q . ${log}`, 'true', { title: 'nothing was asked' }),
    ]);
    assert.deepEqual(statuses, ['changed', 'unchanged', 'unchanged', 'unchanged']);
  });

  test('count no longer where a step that was applied has spoilt them', async (t) => {
    const path = join(temporary(t), 'x');
    writeFileSync(path, 'x\n');
    chmodSync(path, 0o644);
    const spoiling = stepOf(`test -e ${path}-spoilt`, `echo y >${path}; touch ${path}-spoilt`);
    const { statuses } = await runSteps([spoiling, file({ path, content: 'x\n', owner: OWNER })]);
    assert.deepEqual(statuses, ['changed', 'changed']);
  });

  test('are about the thing itself, not about what a link points at', async (t) => {
    const [path, target] = [join(temporary(t), 'x'), join(temporary(t), 'target')];
    writeFileSync(target, 'x\n');
    chmodSync(target, 0o644);
    symlinkSync(target, path);
    const { statuses } = await runSteps([file({ path, content: 'x\n', owner: OWNER })]);
    assert.deepEqual(statuses, ['changed']);
  });

  test('what is known is told before the next step begins', async (t) => {
    const parent = temporary(t);
    const path = join(parent, 'x');
    const known = file({ path, content: 'x\n', owner: OWNER });
    await runSteps([known]);
    const slow = stepOf(
      `for _ in {1..100}; do [[ -e ${parent}/told ]] && exit; sleep 0.1; done; exit 1`,
      'false',
    );
    const { statuses } = await runSteps([known, known, slow], {
      onEvent: ({ number, type }) => {
        if (number === 2 && type === 'unchanged') writeFileSync(join(parent, 'told'), '');
      },
    });
    assert.deepEqual(statuses, ['unchanged', 'unchanged', 'unchanged']);
  });

  test('make one event of steps that are known, whatever comes between', async (t) => {
    const path = join(temporary(t), 'x');
    const known = file({ path, content: 'x\n', owner: OWNER });
    await runSteps([known]);
    const real = localShell({ words: OWN_RUN });
    const lines: string[] = [];
    const { done, statuses } = await runSteps([known, known, stepOf('true', 'true'), known], {
      connection: {
        ...real,
        run: (script, onLine) =>
          real.run(script, (line) => {
            lines.push(line.split(' ').slice(1).join(' ').trim());
            onLine(line);
          }),
      },
    });
    assert.ok(done);
    assert.deepEqual(statuses, Array(4).fill('unchanged'));
    assert.deepEqual(
      lines.map((line) => line.replace(/^(unchanged 3) \d+/, '$1 n')),
      ['known 1 2', 'started 3 0 0', 'unchanged 3 n 0', 'known 4 4', 'end 0 0 0'],
    );
  });

  test('hold for files of hostile name, too', async (t) => {
    const parent = temporary(t);
    const names = ["it's", '$(id)', 'a b', '-rf', '*', 'a]b', 'back\\slash', 'new\nline', 'Ünï'];
    const steps = names.map((name) =>
      file({ path: join(parent, name), content: 'x\n', owner: OWNER }),
    );
    assert.ok((await runSteps(steps)).done);
    const { statuses } = await runSteps(steps);
    assert.deepEqual(
      statuses,
      names.map(() => 'unchanged'),
    );
  });
});

test('a host tells what its kernel settings are, and a container what they are to be', () => {
  const MARKERS = ['/run/systemd/container', '/.dockerenv', '/run/.containerenv'];
  const script = askFor([{ of: 'setting', name: 'net.ports', value: '1024 65535' }]);
  const told = (there?: string) =>
    bash(
      MARKERS.reduce((text, path) => text.replace(path, path === there ? '/' : '/gone'), script),
      `sysctl() { printf '%s = 32768\\t60999\\n' "$@"; }`,
    );
  assert.equal(told(), 'net.ports = 32768 60999\n');
  for (const marker of MARKERS) assert.equal(told(marker), 'net.ports = 1024 65535\n', marker);
});

test('no hash of a text with a secret is shown, since a weak secret could be guessed by it', () => {
  const content = 'password hunter2\n';
  const shown = new RegExp(hash('blake2b512', content).slice(0, 64));
  const step = file({ path: '/etc/x', content });
  assert.match(compile('t', [step], []), shown);
  const script = compile('t', [step], [{ name: 'password', value: 'hunter2' }]);
  assert.doesNotMatch(script, shown);
});
