import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { testHosts } from '../fleet/hosts.ts';
import { holdApt, releaseApt } from './apt.ts';
import { sshProcesses } from './running.ts';
import { login, scene } from './scene.ts';
import { ownArchive } from './settled.ts';

const COMMON = ['--only', 'common'];

test('two runs at once', { timeout: 300_000 }, async (t) => {
  const { one, two } = await testHosts(t, { one: { variant: 'bare' }, two: { variant: 'bare' } });
  await ownArchive(one);
  const [alice, bob] = [scene(t, 'laptop'), scene(t, 'workstation')];
  const hosts = { one: login(one), two: login(two) };
  alice.write({ one: login(one) });
  bob.write({ one: login(one) });
  const me = `${userInfo().username} on laptop`;

  await t.test('one works; the other says who has the host, or waits for it', async () => {
    await holdApt(one);
    const first = alice.start(...COMMON);
    await first.says(/waiting for apt/);
    const since = String.raw`since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    const holder = `${me} \\(process ${first.child.pid}\\), deploying faults ${since}`;
    const refused = await bob.deploy(...COMMON);
    assert.equal(refused.status, 6, refused.said);
    const lines = `one: locked by ${holder}\n *Wait for it with --wait, or let it finish first\\.`;
    assert.match(refused.said, new RegExp(lines));
    const waiting = bob.start(...COMMON, '--wait');
    await waiting.says(new RegExp(`^one: waiting for ${holder}$`, 'm'));
    await releaseApt(one);
    assert.equal(await first.ended, 0, first.said());
    assert.equal(await waiting.ended, 0, waiting.said());
    assert.match(waiting.said(), /Everything was already so/);
  });

  await t.test('a holder that is not heard of any more loses the lock', async () => {
    await holdApt(one);
    const lost = alice.start(...COMMON);
    await lost.says(/waiting for apt/);
    // What a machine that was closed or has lost its network is like, 90 seconds later.
    const frozen = [Number(lost.child.pid), ...sshProcesses(alice.home)];
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    const thaw = () => {
      for (const pid of frozen.splice(0)) process.kill(pid, 'SIGCONT');
    };
    t.after(thaw);
    await one.exec(`touch -d '2 minutes ago' /run/pocket-automations.lock`);
    const next = bob.start(...COMMON);
    const taken = `one: taking the lock over from ${me} \\(process ${lost.child.pid}\\), .* who has not been heard of for 1[2-9]\\d s`;
    await next.says(new RegExp(taken));
    await releaseApt(one);
    assert.equal(await next.ended, 0, next.said());
    thaw();
    assert.equal(await lost.ended, 6, lost.said());
    assert.match(lost.said(), /one: another run has taken the host over/);
    assert.match(lost.said(), /go on with: scripts\/deploy\.mjs/);
  });

  await t.test('the step that a killed run has left going is waited for', async () => {
    await holdApt(one);
    const killed = alice.start(...COMMON);
    await killed.says(/waiting for apt/);
    killed.child.kill('SIGKILL');
    const elsewhere = await bob.deploy(...COMMON);
    assert.equal(elsewhere.status, 6, elsewhere.said);
    assert.match(
      elsewhere.said,
      new RegExp(`one: locked by ${me} \\(process ${killed.child.pid}\\)`),
    );
    const next = alice.start(...COMMON);
    await next.says(/one: a run that is gone left a step going; waiting for its end/);
    await releaseApt(one);
    assert.equal(await next.ended, 0, next.said());
    await one.exec('curl --version >/dev/null');
  });

  for (const wait of [false, true]) {
    await t.test(`of two runs on the same hosts, ${wait ? 'both' : 'one'} work`, async () => {
      const groups = { redis_hosts: ['one'], postgres_hosts: ['two'] };
      alice.write(hosts, groups);
      bob.write({ two: hosts.two, one: hosts.one }, groups);
      await holdApt(one);
      const words = wait ? [...COMMON, '--wait'] : COMMON;
      const runs = [alice.start(...words), bob.start(...words)];
      await Promise.any(runs.map((run) => run.says(/waiting for apt/)));
      if (wait) await Promise.any(runs.map((run) => run.says(/one: waiting for/)));
      else await Promise.any(runs.map((run) => run.ended));
      await releaseApt(one);
      const statuses = (await Promise.all(runs.map((run) => run.ended))).toSorted();
      const said = runs.map((run) => run.said()).join('\n');
      assert.deepEqual(statuses, wait ? [0, 0] : [0, 6], said);
    });
  }
});
