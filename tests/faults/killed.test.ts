import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadDeployment } from '../../lib/deployment.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { lab } from '../fleet/lab-fixture.ts';
import { differences } from '../fleet/state.ts';
import { MOMENTS, randomNumbers, SEED } from './moments.ts';
import { killAll, parentOf, type Running, sshProcesses, startScript } from './running.ts';
import { ownArchive, reset, settled } from './settled.ts';
import { endWriters, startWriters, stopWriters, watch } from './watcher.ts';

/** Files that containers mount, and what the .env of a stack alone says. */
const CHANGED = {
  redis: { maxmemory: '600mb' },
  postgres: { memory: '512mb' },
  relayminer: { relayer: { memory: '1gb' } },
};

test(`a deploy that is cut off at any moment (FAULT_MOMENTS=${MOMENTS} FAULT_SEED=${SEED})`, {
  timeout: 300_000 + MOMENTS * 3 * 120_000,
}, async (t) => {
  const one = await lab(t);
  const { host, home, profile, change } = one;
  const random = randomNumbers(SEED);
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  t.after(() => killAll(sshProcesses(home)));
  const start = () => startScript(home, ['deploy', '--profile', profile, '--yes']);
  const deployed = async () => {
    const began = Date.now();
    const run = start();
    assert.equal(await run.ended, 0, run.said());
    return Date.now() - began;
  };
  const versions = (paths: readonly string[]) => watch(host, paths).stop();

  // What every other deploy is compared with: two clean ones, and then a change.
  await ownArchive(host);
  await one.standIns();
  await deployed();
  await reset(host);
  const bare = await settled(host);
  const clean = { first: await deployed(), change: 0 };
  const states = { plain: await settled(host), changed: [] as string[] };
  const paths = managedFiles(states.plain, bare);
  const allowed = new Set(await versions(paths));
  change(CHANGED);
  clean.change = await deployed();
  states.changed = await settled(host);
  for (const version of await versions(paths)) allowed.add(version);
  await reset(host);
  assert.deepEqual(differences(bare, await settled(host)), [], 'a reset host is as before');
  for (const version of await versions(paths)) allowed.add(version);
  await t.test('two clean deploys leave the same', async () => {
    change({});
    await deployed();
    assert.deepEqual(differences(states.plain, await settled(host)), []);
  });

  const password = loadSecrets(loadDeployment(profile), { create: false })
    .get('redis_password')
    .reveal();
  const faults: Record<string, (run: Running) => Promise<void>> = {
    'this process is killed': async (run) => {
      run.child.kill('SIGKILL');
    },
    'ssh is killed': async (run) => {
      // The session of this run alone, or the shared connection below it, too.
      const processes = sshProcesses(home);
      const sessions = processes.filter((pid) => parentOf(pid) === run.child.pid);
      killAll(random() < 0.5 ? sessions : processes);
    },
    'the network is gone for 10 s': async () => {
      await host.exec(`
        route=$(ip route show default)
        ip link set eth0 down
        sleep 10
        ip link set eth0 up
        ip route replace $route`);
    },
  };
  let current: keyof typeof states = 'plain';
  let missed = 0;
  for (const [what, strike] of Object.entries(faults)) {
    for (let moment = 1; moment <= MOMENTS; moment++) {
      const first = moment % 2 === 1;
      const share = random();
      const title = `${what} at ${Math.round(share * 100)} % of a ${first ? 'first deploy' : 'change'}`;
      await t.test(`${title} (${moment})`, async (s) => {
        if (first) await reset(host);
        current = first || current === 'changed' ? 'plain' : 'changed';
        change(current === 'plain' ? {} : CHANGED);
        if (!first) {
          s.after(() => endWriters(host));
          await startWriters(host, password);
        }
        const watcher = watch(host, paths);
        s.after(() => watcher.stop());
        const run = start();
        const due = sleep(share * (first ? clean.first : clean.change), 'now');
        if ((await Promise.race([run.ended, due])) === 'now') await strike(run);
        else missed += 1;
        const status = await run.ended;
        s.diagnostic(`ended with ${status}: ${lastLine(run.said())}`);
        assert.ok([0, 4, 'SIGKILL'].includes(status), run.said());
        await deployed();
        const seen = await watcher.stop();
        assert.deepEqual(
          seen.filter((version) => !allowed.has(version)).map(readable),
          [],
          'every file was absent, old or new whenever it was read',
        );
        if (!first) {
          const { redis, postgres, lost } = await stopWriters(host);
          s.diagnostic(`acknowledged: ${redis} by Redis, ${postgres} by PostgreSQL`);
          assert.ok(redis > 0 && postgres > 0, 'the writers wrote');
          assert.deepEqual(lost, []);
        }
        assert.deepEqual(differences(states[current], await settled(host)), []);
      });
    }
  }
  await t.test('most moments came before the end of their run', () => {
    assert.ok(missed <= (MOMENTS * Object.keys(faults).length) / 2, `${missed} came too late`);
  });
});

/** The regular files that a deploy has brought, or has changed. */
function managedFiles(after: readonly string[], before: readonly string[]): string[] {
  const was = new Set(before);
  const hashed = after.filter((line) => /^[0-9a-f]{64} {2}\//.test(line) && !was.has(line));
  return hashed.map((line) => line.slice(66)).filter((path) => !path.startsWith('/etc/ssl/'));
}

function readable(version: string): string {
  const [path, mode, owner, content = ''] = version.split(' ');
  return `${path} ${mode} ${owner} ${JSON.stringify(Buffer.from(content, 'hex').toString())}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
