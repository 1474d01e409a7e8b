import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sh } from '../../../lib/shell.ts';
import { localShell } from '../checks/local.ts';
import { eventually } from '../standins/harness.ts';
import { OWN_RUN, runSteps, skip, stepOf, temporary } from './run.ts';

/** A step whose check is a file that its apply creates. */
function marker(path: string) {
  return stepOf(`test -e ${path}`, `touch ${path}`, { title: `touch ${path}` });
}

describe('a step', { skip }, () => {
  test('is applied when needed, and asked again', async (t) => {
    const path = join(temporary(t), 'x');
    const steps = [marker(path)];
    assert.deepEqual((await runSteps(steps)).statuses, ['changed']);
    assert.deepEqual((await runSteps(steps)).statuses, ['unchanged']);
  });

  test('has a scratch directory of its own script, which is not made before there is something to do', async (t) => {
    const path = join(temporary(t), 'x');
    const none = stepOf(`! compgen -G '/run/pocket-automations.*'`, 'false');
    const one = stepOf(`test -e ${path}`, `stat -c %a -- "$work" >${path}`);
    assert.deepEqual((await runSteps([none, one])).statuses, ['unchanged', 'changed']);
    assert.equal(readFileSync(path, 'utf8'), '700\n');
  });

  test('does not see what the host exports, which Docker Compose would prefer to a .env, but for its proxies', async (t) => {
    const path = join(temporary(t), 'x');
    const kept = { https_proxy: 'http://10.0.0.9', LOGNAME: 'operator', USER: 'operator' };
    const environment = { LOG_LEVEL: 'debug', COMPOSE_FILE: '/x', ...kept };
    const connection = localShell({ words: OWN_RUN, environment });
    const names = 'LOG_|COMPOSE_|https_|LOGNAME|USER=';
    const step = stepOf(`test -e ${path}`, `env | grep -E '^(${names})' | sort >${path}`);
    assert.deepEqual((await runSteps([step], { connection })).statuses, ['changed']);
    const lines = Object.entries(kept).map(([name, value]) => `${name}=${value}\n`);
    assert.equal(readFileSync(path, 'utf8'), lines.toSorted().join(''));
  });

  test('whose check fails in the middle is needed, wherever the failure is', async (t) => {
    const checks = [
      'false\ntrue',
      'false; echo so',
      'inner() { false; true; }; inner; true',
      'false | cat',
      'x=$(false); true',
      'echo "$unset"; true',
      'cat /nonexistent/file; exit 0',
    ];
    for (const check of checks) {
      const path = join(temporary(t), 'x');
      const text = `[[ ! -e ${path} ]] || exit 0\n${check}`;
      const { statuses } = await runSteps([stepOf(text, `touch ${path}`)]);
      assert.deepEqual(statuses, ['changed'], check);
    }
  });

  test('whose apply fails in the middle has failed, and nothing after the failure ran', async (t) => {
    const applies = [
      'false\ntouch "$marker"',
      'inner() { false; touch "$marker"; }; inner',
      'false | cat; touch "$marker"',
      'echo "$unset"; touch "$marker"',
      'cd /nonexistent; touch "$marker"',
    ];
    for (const apply of applies) {
      const path = join(temporary(t), 'x');
      const later = `${path}-later`;
      const { done, statuses } = await runSteps([
        stepOf('false', `marker=${path}\n${apply}`),
        marker(later),
      ]);
      assert.equal(done, false, apply);
      assert.deepEqual(statuses, ['failed'], apply);
      assert.equal(existsSync(path), false, apply);
      assert.equal(existsSync(later), false, apply);
    }
  });

  test('that ran well and is still needed has failed, in words', async () => {
    const { done, events } = await runSteps([stepOf('false', 'echo did something')]);
    assert.equal(done, false);
    assert.match(events.at(-1)!.output, /did something\n.*its check still says/);
  });

  test('that fails tells its exit status and both of its outputs', async () => {
    const { events } = await runSteps([stepOf('false', 'echo out; echo err >&2; exit 7')]);
    const failed = events.at(-1)!;
    assert.deepEqual([failed.type, failed.exitStatus], ['failed', 7]);
    assert.match(failed.output, /out\nerr\n/);
  });

  test('that hangs is ended with all that it started, also when it ignores the first signal', async (t) => {
    const pid = join(temporary(t), 'pid');
    const apply = `trap '' TERM; (trap '' TERM; echo $BASHPID >${pid}; while :; do read -t 60 || sleep 0.2; done) & wait`;
    const began = Date.now();
    const { events } = await runSteps([
      stepOf('false', `echo before; ${apply}`, { timeoutSeconds: 1 }),
    ]);
    const failed = events.at(-1)!;
    assert.deepEqual([failed.type, failed.exitStatus], ['failed', 124]);
    assert.match(failed.output, /before/);
    assert.ok(Date.now() - began < 40_000);
    const process = `/proc/${readFileSync(pid, 'utf8').trim()}`;
    await eventually('it is gone', async () => !existsSync(process));
  });

  test('that hangs is first asked to end, and may put things in order', async (t) => {
    const path = join(temporary(t), 'tidied');
    const apply = `trap 'echo tidied >${path}; exit 1' TERM; while :; do sleep 0.2; done`;
    await runSteps([stepOf('false', apply, { timeoutSeconds: 1 })]);
    assert.equal(readFileSync(path, 'utf8'), 'tidied\n');
  });

  test('that leaves something running which keeps its output open does not keep the script’s', async () => {
    const began = Date.now();
    const step = stepOf('false', 'setsid sleep 30 &', { timeoutSeconds: 1 });
    const { statuses } = await runSteps([step]);
    assert.deepEqual(statuses, ['failed']);
    assert.ok(
      Date.now() - began < 25_000,
      'the script has ended, and so has what it was told over',
    );
  });

  test('that reads its input does not swallow the rest of the script', async (t) => {
    const path = join(temporary(t), 'x');
    const { done, statuses } = await runSteps([
      stepOf(`cat; test -e ${path}`, `cat >${path}; ssh -V; read line || true`),
      marker(`${path}-later`),
    ]);
    assert.ok(done);
    assert.deepEqual(statuses, ['changed', 'changed']);
    assert.equal(readFileSync(path, 'utf8'), '');
  });

  test('that floods is bounded: what it printed last is told, and it is not slowed to a halt', {
    timeout: 60_000,
  }, async () => {
    const before = process.memoryUsage().rss;
    const flood = `head -c 50000000 /dev/zero | tr '\\0' 'x'; echo; echo the last words; exit 1`;
    const { events } = await runSteps([stepOf('false', flood)]);
    const { output } = events.at(-1)!;
    assert.ok(output.length <= 65_536, `${output.length}`);
    assert.match(output, /the last words\n$/);
    assert.ok(process.memoryUsage().rss - before < 100e6);
  });

  test('cannot write events of its own, nor reach the channel on which they are sent', async (t) => {
    const path = join(temporary(t), 'x');
    const forged = 'ffffffffffffffffffffffff changed 2 0 0';
    const { done, events } = await runSteps([
      stepOf(`test -e ${path}`, `echo "${forged}"; echo "${forged}" >&3 || true; touch ${path}`),
      stepOf('true', 'true'),
    ]);
    assert.ok(done);
    assert.deepEqual(
      events.filter(({ type }) => type !== 'started').map(({ type, number }) => [type, number]),
      [
        ['changed', 1],
        ['unchanged', 2],
      ],
    );
  });

  test('gives containers that were unwell the time to be asked again, and no more', async (t) => {
    const directory = temporary(t);
    const asked = (unwell: number) => `
      docker() {
        echo "$*" >>${directory}/asked
        (($(wc -l <${directory}/asked) > ${unwell})) || echo 0123456789ab
      }
      sleep() { :; }
      until_asked_again pocket-redis`;
    const times = async (unwell: number) => {
      const path = join(directory, `${unwell}`);
      const step = stepOf(`test -e ${path}`, `${asked(unwell)}\nmv ${directory}/asked ${path}`);
      assert.deepEqual((await runSteps([step])).statuses, ['changed']);
      return readFileSync(path, 'utf8').split('\n').slice(0, -1);
    };
    assert.equal((await times(0)).length, 1);
    assert.equal((await times(2)).length, 3);
    const all = await times(100);
    assert.equal(all.length, 20);
    assert.match(all[0] ?? '', /label=com.docker.compose.project=pocket-redis.*health=unhealthy/);
  });

  test('lets containers go on that were paused, and touches no others', async (t) => {
    const directory = temporary(t);
    const apply = (paused: string) => `
      docker() {
        echo "$*" >>${directory}/said
        [[ $1 != ps ]] || printf %s '${paused}'
      }
      xargs() { local words; words=$(cat); [[ ! $words ]] || "\${@:2}" "$words"; }
      unpause pocket-redis`;
    const asked =
      'ps --quiet --filter label=com.docker.compose.project=pocket-redis --filter status=paused';
    const said = () => readFileSync(join(directory, 'said'), 'utf8').trim().split('\n');
    await runSteps([stepOf(`test -e ${directory}/said`, apply(''))]);
    assert.deepEqual(said(), [asked]);
    await runSteps([stepOf('false', apply('0123456789ab'))]);
    assert.deepEqual(said().slice(1), [asked, 'unpause 0123456789ab']);
  });

  test('follows the steps that it depends on, and no others', async (t) => {
    const directory = temporary(t);
    const [first, other] = [marker(join(directory, 'a')), marker(join(directory, 'b'))];
    const following = stepOf('true', `echo x >>${directory}/ran`, { after: [first] });
    const steps = [first, other, following];
    assert.deepEqual((await runSteps(steps)).statuses, ['changed', 'changed', 'changed']);
    writeFileSync(join(directory, 'keep'), '');
    await runSteps([stepOf('false', `rm ${directory}/b`)]);
    assert.deepEqual((await runSteps(steps)).statuses, ['unchanged', 'changed', 'unchanged']);
    assert.equal(readFileSync(join(directory, 'ran'), 'utf8'), 'x\n');
  });

  test('has a clean environment: locale, path, umask, no inherited CDPATH', async (t) => {
    const path = join(temporary(t), 'environment');
    const connection = localShell({
      words: ['bash', '-c', 'umask 077; exec "$@"', 'umask', ...OWN_RUN],
      environment: { CDPATH: '/usr', LC_ALL: 'tr_TR.UTF-8', PATH: process.env.PATH ?? '' },
    });
    const apply = `{ echo "$LC_ALL \${CDPATH-none} $(umask)"; echo "$PATH"; } >${path}; chmod 644 ${path}`;
    await runSteps([stepOf(`test -e ${path}`, apply)], { connection });
    const [first, second] = readFileSync(path, 'utf8').split('\n');
    assert.equal(first, 'C none 0022');
    assert.match(second!, /^\/usr\/local\/sbin:/);
  });
});

describe('a dry run', { skip }, () => {
  test('applies nothing, tells every step, and shows what would change', async (t) => {
    const path = join(temporary(t), 'x');
    const { done, events, statuses } = await runSteps(
      [
        { ...marker(path), diff: sh`echo ${'- old\n+ new'}` },
        stepOf('true', 'true', { after: [] }),
        marker(`${path}-2`),
      ],
      { dryRun: true },
    );
    assert.ok(done);
    assert.deepEqual(statuses, ['pending', 'unchanged', 'pending']);
    assert.equal(events.find(({ type }) => type === 'pending')?.output, '- old\n+ new\n');
    assert.equal(existsSync(path), false);
  });

  test('goes on past a diff that fails', async (t) => {
    const path = join(temporary(t), 'x');
    const failing = { ...marker(path), diff: sh`echo "cannot tell"; exit 1` };
    const { done, statuses } = await runSteps([failing, stepOf('true', 'true')], { dryRun: true });
    assert.ok(done);
    assert.deepEqual(statuses, ['pending', 'unchanged']);
  });
});

describe('a run', { skip }, () => {
  test('counts only with its last word', async () => {
    const connection = localShell({ words: OWN_RUN });
    for (const apply of ['kill -KILL $$; sleep 2', 'kill -TERM $$; sleep 2']) {
      const { done } = await runSteps([stepOf('false', apply)], { connection });
      assert.equal(done, false, apply);
    }
  });

  test('drops every line that does not bear its nonce', async () => {
    const real = localShell({ words: OWN_RUN });
    const { done, statuses } = await runSteps([stepOf('true', 'true')], {
      connection: {
        ...real,
        run: (script, onLine) => {
          for (const line of ['changed 1 0 0', 'n failed 1 0 1', ' end 0 0 0', '\x1b[2J', ''])
            onLine(line);
          return real.run(script, onLine);
        },
      },
    });
    assert.ok(done);
    assert.deepEqual(statuses, ['unchanged']);
  });

  test('that says nothing at all is not done', async () => {
    const silent = { run: async () => 0, close: async () => {} };
    assert.equal((await runSteps([stepOf('true', 'true')], { connection: silent })).done, false);
  });

  test('leaves no scratch directory, whether it went well or not', async (t) => {
    const listing = temporary(t);
    const words = [...OWN_RUN, 'bash', '-c', '"$@"; ls /run >"$0"', join(listing, 'run')];
    for (const apply of ['true', 'exit 3', 'kill -KILL $BASHPID']) {
      await runSteps([stepOf('false', apply)], { connection: localShell({ words }) });
      assert.equal(readFileSync(join(listing, 'run'), 'utf8'), '', apply);
    }
    assert.deepEqual(readdirSync(listing), ['run']);
  });
});
