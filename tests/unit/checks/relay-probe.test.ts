import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readAnswers } from '../../../lib/relay-proof/answers.ts';
import { counting } from '../../../lib/relay-proof/counts.ts';
import { proofProbe } from '../../../lib/relay-proof/probe.ts';
import type { SecretValue } from '../../../lib/run/compile.ts';
import { Shell } from '../../../lib/shell.ts';
import { checkHeader, compileChecks, readCheckLine } from '../../../lib/validation/check-script.ts';
import { Redis } from '../../lab/standins/shared/redis.ts';
import { eventually, missing, startRedis } from '../standins/harness.ts';
import { askOne, checkOf } from './ask.ts';

const skip =
  process.getuid?.() === 0 ? false : 'as root only: the keys file is given to another user';
const KEYS: SecretValue[] = [
  { name: 'simulation_application_key', value: 'a1'.repeat(32) },
  { name: 'simulation_gateway_key', value: 'b2'.repeat(32) },
];
const IMAGE = 'example.invalid/relay-miner:v0';

/** A docker that notes what it was given and what the keys file was, says that all is well, and lingers if told so. */
function fakeDocker(t: TestContext, seconds = 0): { directory: string; path: string } {
  const directory = mkdtempSync(join(tmpdir(), 'relay-probe-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'docker');
  writeFileSync(
    path,
    `#!/bin/bash
printf '%s\\n' "$*" >>${directory}/calls
[[ $1 == run ]] || exit 0
env >>${directory}/environment
for word; do [[ $word != *:/proof:ro ]] || proof=\${word%:/proof:ro}; done
stat -c '%a %u %g' "$proof" "$proof/keys.yaml" >${directory}/modes
cat "$proof/keys.yaml" >${directory}/keys
printf '%s' "$proof" >${directory}/proof
printf 'Status: SUCCESS\\nSignature: VALID\\n'
sleep ${seconds}
`,
    { mode: 0o755 },
  );
  return { directory, path };
}

function probe(docker: string, count = new Shell('count() { :; }\ntell() { :; }')): Shell {
  const { text } = proofProbe({
    image: IMAGE,
    questions: [
      { service: 'eth', transport: 'jsonrpc', mode: 'jsonrpc', url: 'https://relay.nodes.net' },
      { service: 'eth', transport: 'rest', url: 'https://relay.nodes.net' },
      { service: 'eth', transport: 'websocket', mode: 'websocket', url: 'https://relay.nodes.net' },
    ],
    entrance: { url: 'https://relay.nodes.net', words: 'it' },
    client: ['--simulate'],
    counting: count,
  });
  return new Shell(
    text.replaceAll('docker run', `${docker} run`).replaceAll('docker ps', `${docker} ps`),
  );
}

test('the keys are in a file of the image’s user alone, in no argument and no environment, and gone afterwards', {
  skip,
}, async (t) => {
  const { directory, path } = fakeDocker(t);
  const script = compileChecks('a test', [checkOn(path)], KEYS);
  const lines = await run(checkHeader(script, 'n0', KEYS) + script.text);
  const told = lines.map((line) => readCheckLine(line, 'n0')).find((one) => one && one !== 'end');
  assert.ok(told && told !== 'end');
  assert.match(told.result.output, /^relay 0 0 \d+ \S+\nrelay 2 0 \d+ \S+\n$/, told.result.errors);
  assert.match(readAnswers(told.result.output).relays.get(0)!.text, /^Status: SUCCESS$/m);
  const seen = (name: string) => readFileSync(join(directory, name), 'utf8');
  assert.equal(seen('modes'), '700 1000 1000\n600 1000 1000\n');
  assert.equal(
    seen('keys'),
    `applications: ["${KEYS[0]!.value}"]\ngateway: ["${KEYS[1]!.value}"]\n`,
  );
  assert.match(
    seen('calls').split('\n')[0]!,
    /--pull never .*--log-driver none --network host .* example\.invalid\/relay-miner:v0 relay jsonrpc --service eth --relayer-url https:\/\/relay\.nodes\.net --keys-file \/proof\/keys\.yaml/,
  );
  for (const { value } of KEYS)
    for (const name of ['calls', 'environment']) assert.ok(!seen(name).includes(value));
  const proof = seen('proof');
  assert.equal(existsSync(proof), false);
  await eventually('nothing of it runs any more', async () => !runs(proof), 5000);
});

/** Whether a process has this text among its arguments. */
function runs(text: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

function checkOn(docker: string) {
  return checkOf('one', probe(docker), {
    secrets: KEYS.map(({ name }) => name),
    timeoutSeconds: 60,
  });
}

function run(script: string): Promise<string[]> {
  const child = spawn('bash', ['-s'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stdin.end(script);
  return new Promise((resolve) => child.once('close', () => resolve(output.split('\n'))));
}

test('the keys and the container are gone also when the probe is killed where it stands', {
  skip,
}, async (t) => {
  const { directory, path } = fakeDocker(t, 30);
  const script = compileChecks('a test', [checkOn(path)], KEYS);
  const child = spawn('bash', ['-s'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(checkHeader(script, 'n0', KEYS) + script.text);
  const proof = await eventually('a relay is being made', async () =>
    existsSync(join(directory, 'proof'))
      ? readFileSync(join(directory, 'proof'), 'utf8')
      : undefined,
  );
  assert.ok(existsSync(join(proof, 'keys.yaml')));
  for (const pid of [child.pid!, ...descendants(child.pid!)]) {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (!command.includes('guard')) process.kill(pid, 'SIGKILL');
  }
  await eventually('the keys are gone', async () => !existsSync(proof), 10_000);
  await eventually('containers are looked for', async () =>
    /^ps --all --quiet --filter name=\^\/pocket-relay-proof-\d+-$/m.test(
      readFileSync(join(directory, 'calls'), 'utf8'),
    ),
  );
  rmSync(join(proof, '..'), { recursive: true, force: true });
});

function descendants(of: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): [number, number][] => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]];
      } catch {
        return [];
      }
    });
  const below = (parent: number): number[] =>
    parents.filter(([, one]) => one === parent).flatMap(([pid]) => [pid, ...below(pid)]);
  return below(of);
}

test('what a published relay would change in Redis is counted, over many pieces of a SCAN', {
  skip: missing('experimental'),
}, async (t) => {
  const port = await startRedis('experimental', '--maxmemory', '64mb');
  const redis = await new Redis(`redis://127.0.0.1:${port}`).connect();
  t.after(() => redis.close());
  const fill = 'for i = 1, 12000 do redis.call("SET", "ha:cache:" .. i, "x") end';
  await redis.send('EVAL', fill, '0');
  // One of before, which does not count.
  await redis.send('XADD', 'ha:relays:pokt1x', '*', 'session_id', 'simv1:1:ab');
  const login = { server: { host: '127.0.0.1', port }, tls: false, password: false };
  const functions = counting(login, 'pokt1x').text.replace(
    /http '[^']*'/,
    "printf '%s\\n' 'ha_relayer_relays_published_total{a=\"b\"} 3' 'ha_relayer_relays_published_total{a=\"c\"} 4'",
  );
  const write = [
    ...['XADD ha:relays:pokt1x * a b', 'XADD ha:relays:pokt1x * session_id simv1:9:ab relay b'],
    ...Array.from({ length: 2100 }, () => 'XADD ha:relays:pokt1x * session_id live relay b'),
    'XADD ha:relays:pokt1x * session_id simv1:9:cd relay simv1:9:cd',
    ...['XADD ha:relays:pokt1y * a b'],
    ...['SET ha:smst:pokt1x:simv1:9:ab:root x', 'SET ha:miner:sessions:pokt1x:s x'],
    ...['SET ha:sim:replay:01 x', 'SET ha:sim:replay:02 x', 'SET ha:cache:new x'],
  ];
  const probe = new Shell(`${functions}
count before
exec 7<>/dev/tcp/127.0.0.1/${port}
printf '%s\\r\\n' ${write.map((command) => `'${command}'`).join(' ')} QUIT >&7
cat <&7 >/dev/null
count after
tell`);
  const finding = await askOne(probe, {
    judge: ({ output, errors }) => ({ verdict: 'pass', evidence: output + errors }),
  });
  assert.equal(
    finding.evidence,
    'new 1 1 1 2\nnamed 1\nentries 1 2104 2\ncounters 7 0 0 0 7 0 0 0\n',
  );
});

test('a Redis that refuses is a reason why it could not be counted, and no zero', {
  skip: missing('experimental'),
}, async () => {
  const port = await startRedis('experimental', '--maxmemory', '64mb', '--requirepass', 'secret-1');
  const login = { server: { host: '127.0.0.1', port }, tls: false, password: false };
  const probe = new Shell(`${counting(login, 'pokt1x').text}\ncount before || echo refused`);
  const finding = await askOne(probe, {
    judge: ({ output, errors }) => ({ verdict: 'pass', evidence: output + errors }),
  });
  assert.match(finding.evidence, /^refused\nRedis: -NOAUTH/);
});

test('a stream that may not be read is a reason why it could not be counted', {
  skip: missing('experimental'),
}, async () => {
  const user = ['default', 'on', 'nopass', '~*', '&*', '+@all', '-xrange'];
  const port = await startRedis('experimental', '--maxmemory', '64mb', '--user', ...user);
  const login = { server: { host: '127.0.0.1', port }, tls: false, password: false };
  const functions = counting(login, 'pokt1x').text.replace(/http '[^']*'/, 'echo');
  const probe = new Shell(`${functions}\ncount before\ncount after || echo refused`);
  const finding = await askOne(probe, {
    judge: ({ output, errors }) => ({ verdict: 'pass', evidence: output + errors }),
  });
  assert.match(finding.evidence, /^refused\nRedis: -NOPERM/);
});
