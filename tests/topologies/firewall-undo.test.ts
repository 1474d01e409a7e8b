import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers } from '../fleet/answers.ts';
import { type Name, type Scene, scene } from '../fleet/firewall-scene.ts';
import type { Host } from '../fleet/hosts.ts';
import type { Mistake } from './firewall-mistake.ts';

/** What a host has a minute for, and a moment for systemd. */
const UNDONE_WITHIN_SECONDS = 65;

interface Run {
  child: ChildProcess;
  ended: Promise<{ status: number | null; stderr: string }>;
}

/** Deploys the firewall of one host with a mistake in it. */
function deploy({ home, profile }: Scene, name: Name, mistake: Mistake): Run {
  const program = join(import.meta.dirname, 'firewall-mistake.ts');
  const child = spawn(process.execPath, [program, profile, name, mistake], {
    env: { ...process.env, POCKET_AUTOMATIONS_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ status: number | null; stderr: string }>((resolve) =>
    child.once('close', (status) => resolve({ status, stderr })),
  );
  return { child, ended };
}

/** What is in force, and what would be at boot. */
async function rules(host: Host): Promise<string> {
  const { stdout } = await host.exec(
    'nft list table inet pocket_automations 2>&1 || :; cat /etc/pocket-firewall/rules.nft 2>/dev/null || :',
  );
  return stdout;
}

/** Waits until new rules are in force and not confirmed. */
async function untilTried(host: Host): Promise<number> {
  await host.exec(
    'until [[ -e /run/pocket-firewall/tried.nft && ! -e /run/pocket-firewall/tried.nft.new ]] && systemctl is-active --quiet pocket-firewall-undo.timer; do sleep 0.1; done',
  );
  return Date.now();
}

/** Waits until they are undone, and returns after how many seconds. */
async function untilUndone(host: Host, since: number): Promise<number> {
  await host.exec('while [[ -e /run/pocket-firewall/tried.nft ]]; do sleep 0.1; done');
  return (Date.now() - since) / 1000;
}

test('what locks the operator out is undone', { timeout: 600_000 }, async (t) => {
  const one = await scene(t);
  const { proxy, relay, state } = one.hosts;
  const first = await one.script('firewall', '--yes', '--limit', 'relay,state');
  assert.equal(first.status, 0, first.stderr);

  const cutsSsh = async (name: Name, host: Host, mistake: Mistake) => {
    const before = await rules(host);
    const run = deploy(one, name, mistake);
    const since = await untilTried(host);
    assert.equal(await answers(host.address, 22), false, 'the mistake cuts ssh');
    const seconds = await untilUndone(host, since);
    assert.ok(seconds > 50 && seconds < UNDONE_WITHIN_SECONDS, `${seconds} s`);
    assert.ok(await answers(host.address, 22));
    assert.equal(await rules(host), before);
    const { status, stderr } = await run.ended;
    assert.equal(status, 7, stderr);
    assert.match(stderr, new RegExp(`^${name} {2}undone {2}firewall$`, 'm'));
    assert.match(stderr, /no new login worked after it/);
    assert.match(stderr, /The host undoes it by itself, at \d\d:\d\d:\d\d UTC at the latest/);
    assert.match(stderr, /1 failed/);
  };

  await Promise.all([
    t.test('the first rules of a host cut new logins: it has none again', () =>
      cutsSsh('proxy', proxy, 'new'),
    ),
    t.test('later rules cut all of ssh: the ones before are back', () =>
      cutsSsh('relay', relay, 'all'),
    ),
    t.test('our process is killed before it could confirm', async () => {
      const before = await rules(state);
      const run = deploy(one, 'state', 'unconfirmed');
      const since = await untilTried(state);
      run.child.kill('SIGKILL');
      assert.notEqual(await rules(state), before);
      const next = await one.script('firewall', '--dry-run', '--limit', 'state');
      assert.equal(next.status, 3, 'rules that are not confirmed have to be put in force');
      const seconds = await untilUndone(state, since);
      assert.ok(seconds < UNDONE_WITHIN_SECONDS, `${seconds} s`);
      assert.equal(await rules(state), before);
    }),
  ]);

  await t.test('a reboot in between undoes as well', async () => {
    const before = await rules(state);
    const run = deploy(one, 'state', 'unconfirmed');
    await untilTried(state);
    run.child.kill('SIGKILL');
    await state.restart();
    assert.equal(await rules(state), before);
    await state.exec('pocket-firewall status');
  });

  await t.test(
    'a run that follows at once is confirmed, and the old undo does not come',
    async () => {
      const run = deploy(one, 'state', 'unconfirmed');
      const since = await untilTried(state);
      run.child.kill('SIGKILL');
      one.change({ firewall: { allow: [{ port: 9100, from: ['192.0.2.1'] }] } });
      const next = await one.script('firewall', '--yes', '--limit', 'state');
      assert.equal(next.status, 0, next.stderr);
      const after = await rules(state);
      assert.match(after, /192\.0\.2\.1/);
      await sleep(since + UNDONE_WITHIN_SECONDS * 1000 - Date.now());
      assert.equal(await rules(state), after);
      await state.exec('pocket-firewall status');
    },
  );

  await t.test('running again brings every host to where it should be', async () => {
    const run = await one.script('firewall', '--yes', '--json');
    assert.equal(run.status, 0, run.stdout);
    const again = await one.script('firewall', '--yes', '--json');
    assert.equal(again.events.at(-1)?.changed, 0, again.stdout);
  });
});
