import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { labContext } from './deployment.ts';

const script = join(import.meta.dirname, '../../../scripts/validate.mjs');
const context = labContext();
const profile = context.deployment.profilePath!;
const root = join(profile, '../..');

const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
const skip =
  process.getuid?.() === 0 || sudo.status === 0 ? false : 'to ask this machine needs root';

interface Ended {
  code: unknown;
  stdout: string;
  stderr: string;
}

function validate(...words: string[]): Promise<Ended> {
  return node(script, ...words);
}

function node(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      words,
      { env: { ...process.env, POCKET_AUTOMATIONS_HOME: root } },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test('--json puts one object a line on standard output and nothing else', { skip }, async () => {
  const { code, stdout, stderr } = await validate(
    '--profile',
    profile,
    '--only',
    'redis',
    '--json',
  );
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { type, ...counts } = lines.pop();
  assert.equal(type, 'summary');
  assert.deepEqual(Object.keys(counts), [
    'pass',
    'warn',
    'fail',
    'skip',
    'critical',
    'answer',
    'duration_ms',
  ]);
  assert.equal(stderr, '');
  const keys = [
    'type',
    'id',
    'host',
    'group',
    'severity',
    'verdict',
    'title',
    'evidence',
    'fix',
    'duration_ms',
  ];
  for (const finding of lines) assert.deepEqual(Object.keys(finding), keys);
  assert.equal(lines.filter(({ verdict }) => verdict === 'fail').length, counts.fail);
  assert.ok(counts.fail > 0);
  assert.deepEqual([counts.answer, code], ['not ready', 1]);
});

test('the exit code of a wrong call is 2, with what to do', async () => {
  const cases: [words: string[], message: RegExp][] = [
    [[], /Give --profile FILE/],
    [['--profil', profile], /did you mean --profile\?/],
    [['--profile', profile, '--only', 'reddis'], /did you mean redis\?/],
    [['--profile', profile, '--limit', 'labb'], /did you mean lab\?/],
    [['--profile', profile, '--json', '--tap'], /--json and --tap: give one of them/],
    [['--profile', profile, '--fail-on', 'skip'], /--fail-on skip: expected fail or warn/],
    [['--profile', profile, '--watch', 'long'], /--watch long: expected a number of seconds/],
    [['--profile', join(root, 'missing.yaml')], /missing\.yaml/],
  ];
  for (const [words, message] of cases) {
    const { code, stdout, stderr } = await validate(...words);
    assert.equal(code, 2, words.join(' '));
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /asking/);
    assert.equal(stdout, '');
  }
});

test('relays are not asked for where there is no relayer, beside other groups', async () => {
  const path = join(root, 'profiles', 'client.yaml');
  const hosts = 'pocket_network: main\nhosts: {one: localhost}\npocket_cli_hosts: [one]\n';
  writeFileSync(path, `name: test\n${hosts}`);
  const beside = await validate('--profile', path, '--only', 'host.os,relay');
  assert.match(beside.stderr, /^test: asking one; nothing is changed\n/);
  const alone = await validate('--profile', path, '--only', 'relay');
  assert.deepEqual(
    [alone.code, alone.stderr],
    [2, '--only relay: these hosts have nothing of that\n'],
  );
});

test('a defect of ours cannot tell whether a deployment is ready: 2, with its stack trace', {
  skip,
}, async () => {
  const fails = '() => { throw new TypeError("a defect"); }';
  for (const defect of [
    `Map.groupBy = ${fails}`,
    `process.on('newListener', (name) => name === 'SIGINT' && setImmediate(${fails}))`,
  ]) {
    const { code, stderr } = await node(
      ...['--import', `data:text/javascript,${defect}`, script],
      ...['--profile', profile, '--only', 'redis', '--json'],
    );
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^TypeError: a defect\n {4}at /m);
  }
});

test('secrets that do not exist are not made up', async () => {
  const created = await validate('--profile', profile, '--only', 'redis');
  assert.match(created.stderr, /^test: asking lab; nothing is changed\n/);
  const other = join(root, 'elsewhere.yaml');

  writeFileSync(other, `extends: ${profile}\nname: never-deployed\n`);
  const fresh = await validate('--profile', other);
  assert.equal(fresh.code, 2);
  assert.match(fresh.stderr, /does not exist yet: a deploy creates it/);
  assert.match(
    fresh.stderr,
    /bring \S+\/never-deployed from there\. This machine has secrets of: /,
  );
});

test('--watch asks again until the deadline, and tells each time', { skip }, async () => {
  const words = ['--profile', profile, '--only', 'redis', '--tap', '--watch', '7'];
  const { code, stdout, stderr } = await validate(...words);
  assert.equal(code, 1);
  assert.match(stdout, /^TAP version 14\n1\.\.\d+\nnot ok 1/);
  const told = stderr.split('\n').filter((line) => line.includes('not ready'));
  assert.ok(told.length >= 1 && told.length <= 3, stderr);
});

test('--alert is refused where a test alert would tell nobody, or people again and again', async () => {
  const refused = async (alerts: string, ...words: string[]) => {
    const path = join(root, 'profiles', 'alerts.yaml');
    writeFileSync(path, `extends: ${profile}\nname: test\n${alerts}`);
    const { code, stderr } = await validate('--profile', path, '--alert', ...words);
    return `${code} ${stderr.trim()}`;
  };
  assert.match(
    await refused('monitoring_hosts: [lab]\n'),
    /^2 .*--alert: nobody is told of alerts; /,
  );
  const told =
    'monitoring: {alerts: [webhook]}\nsecrets: {alert_webhook_url: "cmd:echo https://hooks.example.net/1"}\n';
  assert.match(
    await refused(`monitoring_hosts: [lab]\n${told}`, '--watch', '9'),
    /^2 .*--alert: with --watch, people would be told again and again/,
  );
});
