import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { directoryWith } from '../unit/profile/temporary.ts';

const ROOT = join(import.meta.dirname, '../..');
const FAKE = join(import.meta.dirname, 'fake-host.ts');
const REAL_SSH = spawnSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).stdout.trim();

/** `evil` comes first by name too: its lock is asked for before the other's. */
const PROFILE = `name: hostile
pocket_network: beta
hosts:
  evil: {address: 203.0.113.1, private_address: 10.0.0.1}
  good: {address: 203.0.113.2, private_address: 10.0.0.2}
postgres_hosts: [evil]
redis_hosts: [good]
`;

const SECRETS = `postgres_password: ${'ab'.repeat(16)}\nredis_password: ${'cd'.repeat(16)}\n`;

/** How a script ended, and what it cost. */
interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
  events: Record<string, unknown>[];
  /** The most memory that it had, in MB. */
  megabytes: number;
}

/** Runs a script of the project, with an `ssh` that ends at fake hosts: `evil` lies in this way, `good` does not. */
async function run(t: TestContext, lie: string, script: string, ...words: string[]): Promise<Ran> {
  const ssh = `#!/bin/bash
case "$1" in -G) exec ${REAL_SSH} "$@" ;; -O) exit 0 ;; esac
name="\${@: -2:1}"
if [[ $name == evil ]]; then exec ${process.execPath} ${FAKE} ${JSON.stringify(lie)}; fi
exec ${process.execPath} ${FAKE} honest
`;
  const home = directoryWith(t, {
    'p.yaml': PROFILE,
    'bin/ssh': ssh,
    'deployments/hostile/secrets.yaml': SECRETS,
  });
  chmodSync(join(home, 'deployments/hostile/secrets.yaml'), 0o600);
  chmodSync(join(home, 'bin/ssh'), 0o755);
  const args = [
    join(ROOT, 'scripts', `${script}.mjs`),
    '--profile',
    join(home, 'p.yaml'),
    ...words,
  ];
  const child = spawn(process.execPath, args, {
    env: {
      ...process.env,
      PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      POCKET_AUTOMATIONS_HOME: home,
      XDG_RUNTIME_DIR: home,
      HOME: home,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  const ran: Ran = { status: null, stdout: '', stderr: '', events: [], megabytes: 0 };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ran.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ran.stderr += text;
  });
  const poll = setInterval(() => {
    ran.megabytes = Math.max(ran.megabytes, peakOf(child.pid ?? 0));
  }, 50);
  ran.status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(poll);
  if (words.includes('--json')) {
    const lines = ran.stdout.split('\n').filter((line) => line !== '');
    ran.events = lines.map((line) => JSON.parse(line));
  }
  assert.doesNotMatch(ran.stderr + ran.stdout, /\n {4}at |[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  return ran;
}

function peakOf(pid: number): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(peak ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** What was told about the parts of one host. */
function problemsOf(ran: Ran, host: string): { status: string; reason: string }[] {
  return ran.events.filter((event) => event.type === 'problem' && event.host === host) as never;
}

/** The honest host is told of as if it were alone. */
function assertGoodIsRight(ran: Ran): number {
  assert.deepEqual(problemsOf(ran, 'good'), [], ran.stderr);
  const steps = ran.events.filter(({ type, host }) => type === 'step' && host === 'good');
  const sent = ran.events.filter(({ type, host }) => type === 'script' && host === 'good');
  assert.equal(
    steps.length,
    sent.reduce((sum, { steps }) => sum + Number(steps), 0),
  );
  assert.ok(steps.length > 20, ran.stdout);
  assert.ok(steps.every(({ status }) => status === 'unchanged'));
  return steps.length;
}

const deploy = (t: TestContext, lie: string) => run(t, lie, 'deploy', '--yes', '--json');
const summaryOf = (ran: Ran) => ran.events.at(-1) as Record<string, number>;

describe('a host that lies is found out, and harms no other', { concurrency: 4 }, () => {
  for (const lie of ['no word at all', 'no word about the lock']) {
    test(`${lie}: it is not waited for`, async (t) => {
      const ran = await deploy(t, lie);
      assertGoodIsRight(ran);
      const [problem] = problemsOf(ran, 'evil');
      assert.equal(problem?.status, 'unreachable');
      assert.match(problem?.reason ?? '', /^evil: .*(?:answered within|said nothing for) \d+ s/);
      assert.equal(ran.status, 4);
    });
  }

  const unbelieved = [
    ...['no step at all', 'only the first step', 'a step twice', 'a step beyond the last'],
    ...['more known steps than there are', 'known steps that end before they begin'],
    ...[
      'known steps once more',
      'the wrong order',
      'an outcome without a start',
      'success after a failure',
    ],
    ...['numbers that are none', 'a dry run’s words'],
  ];
  for (const lie of unbelieved) {
    test(lie, async (t) => {
      const ran = await deploy(t, lie);
      assertGoodIsRight(ran);
      const [problem] = problemsOf(ran, 'evil');
      assert.match(problem?.reason ?? '', /^evil: the host's answers do not add up/);
      assert.equal(ran.status, 1);
      assert.equal(
        ran.events.filter(({ status, host }) => status === 'done' && host === 'evil').length,
        0,
      );
    });
  }

  test('somebody else’s nonce is nobody’s', async (t) => {
    const ran = await deploy(t, 'somebody else’s nonce');
    assertGoodIsRight(ran);
    assert.match(problemsOf(ran, 'evil')[0]?.reason ?? '', /^evil: the script ended before/);
    assert.equal(
      ran.events.filter(({ type, host }) => type === 'step' && host === 'evil').length,
      0,
    );
  });

  test('success of everything counts for itself only', async (t) => {
    const ran = await deploy(t, 'success of everything');
    const unchanged = assertGoodIsRight(ran);
    assert.equal(summaryOf(ran).unchanged, unchanged);
    assert.equal(ran.status, 0);
  });

  for (const lie of ['a forged exit', 'invalid UTF-8']) {
    test(`${lie} is noise`, async (t) => {
      const ran = await deploy(t, lie);
      assertGoodIsRight(ran);
      assert.deepEqual(problemsOf(ran, 'evil'), []);
      assert.equal(ran.status, 0);
    });
  }

  test('escapes stay text in JSON, and are not on the terminal', async (t) => {
    const ran = await deploy(t, 'escapes in a failure');
    assertGoodIsRight(ran);
    const told = JSON.stringify(ran.events.filter(({ host }) => host === 'evil'));
    assert.match(told, /\\u001b\]52;/);
    assert.match(told, /why/);
    const shown = await run(t, 'escapes in a failure', 'deploy', '--yes', '--verbose');
    assert.match(shown.stderr, /evil +failed/);
    assert.match(shown.stderr, /why/);
    assert.doesNotMatch(shown.stderr, /52;c|\]0;/);
  });

  test('floods and endless lines cost no memory', async (t) => {
    const quiet = await deploy(t, 'honest');
    for (const lie of ['a flood', 'one long line']) {
      const ran = await deploy(t, lie);
      assertGoodIsRight(ran);
      assert.deepEqual(problemsOf(ran, 'evil'), []);
      const growth = ran.megabytes - quiet.megabytes;
      t.diagnostic(`${lie}: ${Math.round(growth)} MB more than ${Math.round(quiet.megabytes)} MB`);
      assert.ok(growth < 100, `${lie}: ${growth} MB`);
    }
  });

  test('the end of the connection is told as that', async (t) => {
    const ran = await deploy(t, 'the end of the connection');
    assertGoodIsRight(ran);
    assert.equal(problemsOf(ran, 'evil')[0]?.status, 'unreachable');
    assert.equal(ran.status, 4);
  });

  test('junk about the lock', async (t) => {
    const ran = await deploy(t, 'junk about the lock');
    assertGoodIsRight(ran);
    assert.equal(problemsOf(ran, 'evil')[0]?.status, 'locked');
    const shown = await run(t, 'junk about the lock', 'deploy', '--yes', '--wait');
    assert.ok(shown.stderr.split('\n').length < 400, `${shown.stderr.length} characters`);
  });

  test('junk to questions is no answer', async (t) => {
    const deployed = await deploy(t, 'junk to questions');
    assertGoodIsRight(deployed);
    assert.equal(problemsOf(deployed, 'evil')[0]?.status, 'failed');
    for (const { reason } of problemsOf(deployed, 'evil')) assert.ok(reason.length < 10_000);

    const ran = await run(t, 'junk to questions', 'validate', '--json');
    const findings = (host: string) =>
      ran.events.filter((event) => event.type === 'finding' && event.host === host);
    const verdicts = (host: string) => new Set(findings(host).map(({ verdict }) => verdict));
    assert.ok(findings('evil').length > 10, ran.stderr);
    assert.ok(verdicts('evil').has('fail'));
    for (const { evidence } of findings('evil')) assert.ok(String(evidence).length <= 2000);
    const alone = await run(t, 'honest', 'validate', '--json', '--limit', 'good');
    const about = (events: Ran['events']) =>
      events
        .filter(({ host }) => host === 'good')
        .map(({ id, verdict }) => `${id} ${verdict}`)
        .toSorted();
    assert.deepEqual(about(ran.events), about(alone.events));
    assert.equal(ran.status, 1);
  });
});
