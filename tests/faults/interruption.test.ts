import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Host, testHosts } from '../fleet/hosts.ts';
import { holdApt, releaseApt } from './apt.ts';
import { type Running, startScript } from './running.ts';
import { login, scene } from './scene.ts';
import { ownArchive, reset } from './settled.ts';

const CTRL_C = '\x03';

test('a run that is interrupted', { timeout: 300_000 }, async (t) => {
  const { one } = await testHosts(t, { one: { variant: 'bare' } });
  await ownArchive(one);
  const place = scene(t);
  place.write({ one: login(one) });
  const { home, profile, deploy } = place;
  const typed = (...words: string[]) =>
    startScript(home, ['deploy', '--profile', profile, ...words], { terminal: true });

  const inOrder = async (run: Running) => {
    await run.says(/Ending after the steps in hand; Ctrl-C again to leave at once/);
    await releaseApt(one);
    assert.equal(await run.ended, 130, run.said());
    assert.match(run.said(), /Nothing is locked any more\. Where each host stands:/);
    const stands = /^ {2}one {2}common: ended after step 1 of \d+; not done: install-docker\r?$/m;
    assert.match(run.said(), stands);
    assert.match(run.said(), /^Go on with: scripts\/deploy\.mjs --profile \S+ .*--only common,/m);
    await one.exec('curl --version >/dev/null');
    await untouchedAfterTheFirstStep(one);
    assert.equal((await deploy('--only', 'common')).status, 0);
  };
  const stages = ['--only', 'common,install-docker'];

  await t.test('by Ctrl-C ends after the step in hand', async () => {
    await reset(one);
    await holdApt(one);
    const run = typed('--yes', ...stages);
    await run.says(/waiting for apt/);
    run.child.stdin?.write(CTRL_C);
    await inOrder(run);
  });

  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    await t.test(`by ${signal} ends after the step in hand, too`, async () => {
      await reset(one);
      await holdApt(one);
      const run = place.start(...stages);
      await run.says(/waiting for apt/);
      run.child.kill(signal);
      await inOrder(run);
    });
  }

  await t.test('a second time leaves at once, and the host ends by itself', async () => {
    await reset(one);
    await holdApt(one);
    const run = typed('--yes', ...stages);
    await run.says(/waiting for apt/);
    run.child.stdin?.write(CTRL_C);
    await run.says(/Ctrl-C again/);
    const began = Date.now();
    run.child.stdin?.write(CTRL_C);
    assert.equal(await run.ended, 130, run.said());
    assert.ok(Date.now() - began < 5000);
    await releaseApt(one);
    await one.exec('flock -w 60 /run/pocket-automations.lock true');
    await untouchedAfterTheFirstStep(one);
    assert.equal((await deploy('--only', 'common')).status, 0);
  });

  await t.test('while it waits for another run leaves that one alone', async () => {
    await reset(one);
    await holdApt(one);
    const run = place.start('--only', 'common');
    await run.says(/waiting for apt/);
    const other = scene(t);
    other.write({ one: login(one) });
    const waiting = other.start('--only', 'common', '--wait');
    await waiting.says(/one: waiting for/);
    waiting.child.kill('SIGINT');
    assert.equal(await waiting.ended, 130, waiting.said());
    assert.match(waiting.said(), /^ {2}one {2}not done: common$/m);
    await releaseApt(one);
    assert.equal(await run.ended, 0, run.said());
  });

  await t.test('at the question changes nothing', async () => {
    const run = typed('--only', 'common');
    await run.says(/Go ahead\? \[y\/N\]/);
    run.child.stdin?.write(CTRL_C);
    assert.equal(await run.ended, 130, run.said());
    assert.match(run.said(), /Nothing was changed\./);
  });
});

/** Nothing of the steps after the packages is there, and nobody has the lock. */
async function untouchedAfterTheFirstStep(host: Host): Promise<void> {
  await host.exec('! getent passwd pocket && flock --nonblock /run/pocket-automations.lock true');
}
