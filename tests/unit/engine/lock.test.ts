import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Connection } from '../../../lib/run/connection.ts';
import { takeLock } from '../../../lib/run/lock.ts';
import { ROOT } from '../../lab/paths.ts';
import { eventually } from '../standins/harness.ts';
import { temporary } from './run.ts';

const BEFORE = 'cHJldmlvdXM=';

/** A host's lock in a directory, and the shells that want it. */
function lockOf(t: TestContext) {
  const run = temporary(t);
  const lock = join(run, 'pocket-automations.lock');
  const source = (name: string) =>
    readFileSync(join(ROOT, 'lib/run', name), 'utf8').replaceAll('/run/', `${run}/`);
  const functions = source('lock.bash');
  const shell = (script: string) => {
    const words = ['-c', `lock=${lock} nonce=n has_lock=\n${functions}\n${script}`];
    const child = spawn('bash', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    return { child, said: () => said, ended: once(child, 'close').then(() => child.exitCode) };
  };
  /** What a host runs for as long as it is connected; each line that it is sent is done before the next. */
  const host = () => {
    const { child, said } = shell(source('host-loop.bash'));
    return {
      child,
      send: async (line: string) => {
        const before = said().length;
        child.stdin.write(`${line}\nn 0 here echo heard\n`);
        await eventually(line, async () => said().slice(before).includes('heard'));
      },
    };
  };
  const other = (words: string): ChildProcess => {
    const child = spawn('bash', ['-c', words], { stdio: 'ignore' });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  return {
    ...{ lock, shell, host, other, text: () => readFileSync(lock, 'utf8') },
    stopFile: (pid: number | undefined) => join(run, `pocket-automations.stop.${pid}`),
    /** Makes the holder one that was last heard of so many seconds ago. */
    silent(seconds: number) {
      const then = Date.now() / 1000 - seconds;
      utimesSync(lock, then, then);
    },
    /** What a shell leaves that had the lock before, under a process id that is somebody else's by now. */
    leave(pid: number | undefined) {
      writeFileSync(lock, `${pid} ${BEFORE} 1\n`);
      utimesSync(lock, 0, 0);
    },
  };
}

const isAlive = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode === null && signalCode === null;

describe('the lock of a host', () => {
  test('that is free is taken, and says who has it since when', async (t) => {
    const { shell, text } = lockOf(t);
    const { child, ended } = shell('take_lock 0 me');
    assert.equal(await ended, 0);
    assert.match(text(), new RegExp(`^${child.pid} me [1-9]\\d*\\n$`));
  });

  test('is taken from a shell that is not heard of, which is ended', async (t) => {
    const { shell, silent, text, stopFile } = lockOf(t);
    const first = shell('take_lock 0 first && echo taken && read -r');
    await eventually('taken', async () => first.said().includes('taken'));
    const record = text().trim();
    silent(100);
    const second = shell('take_lock 0 second');
    assert.equal(await second.ended, 0, second.said());
    assert.equal(first.child.signalCode, 'SIGKILL');
    assert.match(second.said(), new RegExp(`^n held ${record}\nn lost ${record} \\d+\n$`));
    assert.ok(!existsSync(stopFile(first.child.pid)));
  });

  test('whose holder is heard of is not taken, and it is said whose it is', async (t) => {
    const { shell, silent, text } = lockOf(t);
    const first = shell('take_lock 0 first && echo taken && read -r');
    await eventually('taken', async () => first.said().includes('taken'));
    silent(60);
    const second = shell('take_lock 1 second');
    assert.equal(await second.ended, 75, second.said());
    assert.equal(second.said(), `n held ${text()}`);
    assert.ok(isAlive(first.child));
  });

  test('is kept by the beats of who has it, and by those of nobody else', async (t) => {
    const { lock, shell, host, silent } = lockOf(t);
    const [holder, another] = [host(), host()];
    await holder.send('n 0 here take_lock 0 holder');
    silent(1000);
    const { mtimeMs } = statSync(lock);
    await another.send('- 0 beat');
    assert.equal(statSync(lock).mtimeMs, mtimeMs);
    await holder.send('- 0 beat');
    const second = shell('take_lock 0 second');
    assert.equal(await second.ended, 75, second.said());
    assert.ok(isAlive(holder.child));
  });

  test('is not waited for by a run that has been told to end before it began to wait', async (t) => {
    const { shell, stopFile } = lockOf(t);
    const first = shell('take_lock 0 first && echo taken && read -r');
    await eventually('taken', async () => first.said().includes('taken'));
    const second = shell('read -r; POCKET_STOP=$REPLY take_lock 3600 second');
    writeFileSync(stopFile(second.child.pid), '');
    second.child.stdin.write(`${stopFile(second.child.pid)}\n`);
    assert.equal(await second.ended, 130);
    assert.equal(second.said(), '');
  });

  test('is never taken from a process that has the number of the last holder', async (t) => {
    const { lock, shell, other, leave } = lockOf(t);
    const bystander = other('exec sleep 60');
    leave(bystander.pid);
    const holder = other(`exec 8<>${lock}; flock 8; exec sleep 60`);
    await eventually('held', async () => {
      const probe = other(`exec 8<>${lock}; flock -n 8`);
      await once(probe, 'close');
      return probe.exitCode === 1;
    });
    const { child, ended, said } = shell('take_lock 1 me');
    await eventually('taken over', async () => said().includes('n lost '));
    child.stdin.end();
    assert.equal(await ended, 1);
    assert.deepEqual([isAlive(bystander), isAlive(holder)], [true, true]);
  });

  test('that somebody has just taken is not said to be the last holder’s', async (t) => {
    const { lock, shell, other, leave } = lockOf(t);
    const gone = other(':');
    await once(gone, 'close');
    leave(gone.pid);
    const first = shell(
      `exec 8<>${lock}; flock 8; echo taken; read -r; printf '%s next 1\\n' "$$" >${lock}; read -r`,
    );
    await eventually('taken', async () => first.said().includes('taken'));
    const second = shell('take_lock 0 second');
    await eventually('waiting', async () => existsSync(`/proc/${second.child.pid}/fd/8`));
    first.child.stdin.write('\n');
    assert.equal(await second.ended, 75, second.said());
    assert.equal(second.said(), `n held ${first.child.pid} next 1\n`);
  });
});

test('whose holder is lost is waited for as long as its step in hand may take', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const holder = Buffer.from(JSON.stringify({ user: 'alice', machine: 'laptop', pid: 1 }));
  const answer = Promise.withResolvers<number>();
  const connection = {
    host: { name: 'far' },
    run: (_: string, onLine: (line: string) => void) => {
      onLine(`n lost 4711 ${holder.toString('base64')} 1 100`);
      return answer.promise;
    },
  } as unknown as Connection;
  const nothing = () => {};
  const options = { deployment: 'd', waitSeconds: 0, onHeld: nothing, onGone: nothing };
  const taken = takeLock(connection, { ...options, onLost: nothing });
  t.mock.timers.tick(1_800_000);
  answer.resolve(0);
  await taken;
});
