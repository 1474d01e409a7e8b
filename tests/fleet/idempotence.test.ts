import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadDeployment } from '../../lib/deployment.ts';
import type { Host } from './hosts.ts';
import { lab, type ScriptResult } from './lab-fixture.ts';
import { containersByStack, differences, remade, snapshot } from './state.ts';

test('a deploy changes what has to change, once', { timeout: 900_000 }, async (t) => {
  const one = await lab(t);
  const { host, profile } = one;

  await t.test('a dry run on a fresh host changes nothing, and says that it would', async () => {
    const before = await snapshot(host);
    assert.ok(before.length > 1000, 'the snapshot has the whole file system');
    const run = await one.script('deploy', '--dry-run', '--json');
    assert.equal(run.status, 3, run.stderr);
    const { pending, changed, failed } = summaryOf(run);
    assert.ok(Number(pending) > 50, `${pending} pending`);
    assert.deepEqual([changed, failed], [0, 0]);
    assert.deepEqual(differences(before, await snapshot(host)), []);
  });

  await t.test('a snapshot tells a file whose time alone has changed', async () => {
    const before = await snapshot(host);
    await host.exec('touch -d 2001-01-01 /etc/hostname');
    const paths = differences(before, await snapshot(host)).map((line) => line.split(' ')[1]);
    assert.deepEqual(paths, ['/etc/hostname', '/etc/hostname']);
  });

  const prepared = await one.script('deploy', '--only', 'common,install-docker', '--json');
  assert.equal(prepared.status, 0, prepared.stderr);
  await one.standIns();

  await t.test('the first deploy tells every step in JSON, and counts them', async () => {
    const run = await one.script('deploy', '--json');
    assert.equal(run.status, 0, run.stdout);
    const summary = summaryOf(run);
    assert.equal(summary.deployment, one.name);
    assert.equal(summary.exit_code, 0);
    for (const name of ['changed', 'unchanged', 'failed', 'skipped', 'pending', 'duration_ms'])
      assert.equal(typeof summary[name], 'number', name);
    for (const status of ['changed', 'unchanged', 'failed', 'pending'] as const) {
      const told = run.events.filter(
        (event) => (event.type === 'step' || event.type === 'transfer') && event.status === status,
      );
      assert.equal(told.length, summary[status], status);
    }
    assert.ok(Number(summary.changed) > 50);
    assert.equal(run.stderr, '');
  });

  await t.test('the second deploy finds every step unchanged, over one SSH login', async () => {
    const containers = await containersByStack(host);
    await endLogins(host);
    const before = await logins(host);
    const run = await one.script('deploy', '--json');
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.equal((await logins(host)) - before, 1);
    const { changed, pending, failed, skipped, unchanged } = summaryOf(run);
    assert.deepEqual({ changed, pending, failed, skipped }, NOTHING);
    const steps = stepsOf(run);
    assert.equal(steps.length, unchanged);
    assert.deepEqual(
      steps.filter(({ status }) => status !== 'unchanged'),
      [],
    );
    assert.deepEqual(remade(containers, await containersByStack(host)), []);
  });

  await t.test('and then the next, over no login of its own, in a script a stage', async () => {
    const before = await logins(host);
    const run = await one.script('deploy', '--json');
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.equal((await logins(host)) - before, 0);
    const { stages } = loadDeployment(profile);
    const scripts = run.events.filter(({ type }) => type === 'script');
    const stageOf = (roles: unknown) =>
      stages.findIndex((stage) => (roles as typeof stage).every((role) => stage.includes(role)));
    const places = scripts.map(({ host: name, roles }) => `${name} ${stageOf(roles)}`);
    assert.ok(places.length > 0 && !places.includes('lab -1'), places.join());
    assert.deepEqual(places, [...new Set(places)]);
  });

  await t.test('of the images only one that is missing is carried over', async () => {
    const image = 'standin/temporal-admin-tools:1.28.1';
    await host.exec(`docker rmi ${image}`);
    const run = await one.script('deploy', '--only', 'images', '--json');
    assert.equal(run.status, 0, run.stdout + run.stderr);
    const carried = run.events.filter(({ type }) => type === 'transfer');
    assert.deepEqual(
      carried.map(({ items, status = 'begun' }) => [items, status]),
      [
        [[image], 'begun'],
        [[image], 'changed'],
      ],
    );
    await host.exec(`docker image inspect ${image}`);
  });

  await t.test('a dry run on a converged host has nothing to tell', async () => {
    const before = await snapshot(host);
    const run = await one.script('deploy', '--dry-run', '--json');
    assert.equal(run.status, 0, run.stdout);
    const { changed, pending, failed, skipped } = summaryOf(run);
    assert.deepEqual({ changed, pending, failed, skipped }, NOTHING);
    assert.deepEqual(differences(before, await snapshot(host)), []);
  });

  await t.test('a dry run after a one-line change shows exactly that line', async () => {
    const before = await snapshot(host);
    one.change({ redis: { maxmemory: '600mb' } });
    const run = await one.script('deploy', '--dry-run', '--json');
    assert.equal(run.status, 3, run.stdout);
    const pending = stepsOf(run).filter(({ status }) => status === 'pending');
    assert.deepEqual(
      pending.map(({ title }) => title),
      ['Write /opt/pocket/redis/config/memory.conf', 'Bring up the stack redis'],
    );
    const lines = pending.flatMap(({ output = '' }) => String(output).split('\n'));
    const [gone, come, ...others] = lines.filter((line) => /^[-+](?![-+])/.test(line));
    assert.match(gone ?? '', /^-maxmemory \d+mb$/);
    assert.equal(come, '+maxmemory 600mb');
    assert.deepEqual(others, []);
    assert.deepEqual(differences(before, await snapshot(host)), []);
  });

  const cases: { changes: Record<string, unknown>; stacks: string[] }[] = [
    { changes: { redis: { maxmemory: '600mb' } }, stacks: ['redis'] },
    { changes: { postgres: { memory: '512mb' } }, stacks: ['postgres'] },
    { changes: { postgres: { max_connections: 120 } }, stacks: ['postgres'] },
    { changes: { relayminer: { log_level: 'debug' } }, stacks: ['relayminer'] },
    { changes: { provider: { log_level: 'debug' } }, stacks: ['provider'] },
    { changes: { temporal: { retention_hours: 96 } }, stacks: [] },
    // The proxy takes it over without a new container; Prometheus asks for another name.
    { changes: { relay_public_domain: 'other.lab.internal' }, stacks: ['monitoring'] },
  ];
  let all: Record<string, unknown> = {};
  for (const { changes, stacks } of cases) {
    const what = JSON.stringify(changes);
    await t.test(`${what} makes anew: ${stacks.join(', ') || 'nothing'}`, async () => {
      const before = await containersByStack(host);
      all = { ...all, ...changes };
      one.change(all);
      const run = await one.script('deploy', '--json');
      assert.equal(run.status, 0, run.stdout);
      assert.ok(Number(summaryOf(run).changed) > 0, 'the change was seen');
      assert.deepEqual(remade(before, await containersByStack(host)), stacks);
    });
  }
});

const NOTHING = { changed: 0, pending: 0, failed: 0, skipped: 0 };

function stepsOf({ events }: ScriptResult) {
  return events.filter(({ type }) => type === 'step');
}

/** The last thing that a script says; the only summary. */
function summaryOf({ events, stdout }: ScriptResult): Record<string, unknown> {
  assert.deepEqual(
    events.filter(({ type }) => type === 'summary'),
    events.slice(-1),
    stdout,
  );
  return events.at(-1) ?? {};
}

/** Ends the connection that an earlier command left open for the next one. */
async function endLogins(host: Host): Promise<void> {
  const sessions = `'^sshd(-session)?: root'`;
  await host.exec(`pkill -f ${sessions} || :; while pgrep -f ${sessions}; do sleep 0.1; done`);
  await sleep(1000); // until ssh on this side has seen it
}

/** How often somebody has logged in so far. */
async function logins(host: Host): Promise<number> {
  const { stdout } = await host.exec(
    'journalctl --sync; journalctl --no-pager -q -t sshd -t sshd-session | grep -c "Accepted publickey" || :',
  );
  return Number(stdout);
}
