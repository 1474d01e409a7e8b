import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { compileChecks } from '../../../lib/validation/check-script.ts';
import { eventually } from '../standins/harness.ts';
import { ask, askOne, checkOf, sh } from './ask.ts';

const running = (word: string) =>
  execFileSync('ps', ['-eo', 'args'])
    .toString()
    .split('\n')
    .filter((args) => args.includes(word));

test('a probe whose tool is missing is not a pass', async () => {
  const findings = await ask([
    checkOf('missing', sh`no-such-tool --version`),
    checkOf('missing-before-success', sh`no-such-tool | cat; printf fine`),
    checkOf('not-executable', sh`/etc/passwd`),
    checkOf('there', sh`printf fine`),
  ]);
  assert.equal(findings.there!.verdict, 'pass');
  assert.equal(findings.missing!.verdict, 'fail');
  assert.match(findings.missing!.evidence, /^could not be asked: no-such-tool: command not found/);
  assert.equal(findings['missing-before-success']!.verdict, 'fail');
  assert.equal(findings['not-executable']!.verdict, 'fail');
});

test('a hanging probe is ended and fails', async () => {
  const began = Date.now();
  const findings = await ask([
    checkOf('hangs', sh`printf early; sleep 7654`, { timeoutSeconds: 1 }),
    checkOf('ignores-term', sh`trap '' TERM; while :; do sleep 8765; done`, { timeoutSeconds: 1 }),
    checkOf('leaves-something', sh`sleep 9876 & printf fine`, { timeoutSeconds: 1 }),
    checkOf('quick', sh`printf fine`),
  ]);
  assert.ok(Date.now() - began < 30_000);
  assert.equal(findings.hangs!.verdict, 'fail');
  assert.match(
    findings.hangs!.evidence,
    /^could not be asked: no answer within 1 s \(load \d+, processors [1-9]\d*\)$/,
  );
  assert.equal(findings['ignores-term']!.verdict, 'fail');
  // The same words, so that those that a busy host leaves without an answer are told of together.
  assert.equal(findings['ignores-term']!.evidence, findings.hangs!.evidence);
  assert.equal(findings['leaves-something']!.evidence, 'fine');
  assert.equal(findings.quick!.verdict, 'pass');
  for (const words of ['sleep 7654', 'sleep 8765', 'sleep 9876'])
    await eventually(`${words} is gone`, async () => running(words).length === 0);
});

test('a probe that a signal ends has failed', async () => {
  const findings = await ask(
    ['TERM', 'PIPE', 'KILL'].map((signal) =>
      checkOf(signal, sh`printf fine; kill -s ${signal} "$BASHPID"`, { timeoutSeconds: 1 }),
    ),
  );
  for (const { id, verdict } of Object.values(findings)) assert.equal(verdict, 'fail', id);
});

test('a flooding probe is bounded', async () => {
  const sizes: number[] = [];
  const judge = ({
    output,
    errors,
    status,
  }: {
    output: string;
    errors: string;
    status: number;
  }) => {
    sizes.push(output.length, errors.length);
    return { verdict: status === 0 ? 'pass' : 'fail', evidence: '' } as const;
  };
  const out = await askOne(sh`yes`, { judge });
  const err = await askOne(sh`yes >&2`, { judge });
  const disk = await askOne(sh`yes >"$scratch.flood"`, { judge });
  assert.deepEqual([out.verdict, err.verdict, disk.verdict], ['fail', 'fail', 'fail']);
  const [output, saidOfIt, nothing, errors] = sizes;
  assert.deepEqual([output, nothing, errors], [65536, 0, 2048]);
  assert.ok(saidOfIt! < 100);
});

test('what a probe prints arrives as it is, short or long', async () => {
  const texts = [
    '100 % %41\n',
    ' a  b\t\r\n\n\n',
    '%',
    'Ünï',
    'x'.repeat(1023),
    `${'y z\n'.repeat(500)}`,
  ];
  for (const text of texts) {
    let told = { output: '', errors: '' };
    await askOne(sh`printf %s ${text}; printf %s ${text} >&2`, {
      judge: ({ output, errors }) => {
        told = { output, errors };
        return { verdict: 'pass', evidence: '' };
      },
    });
    assert.deepEqual(told, { output: text, errors: text });
  }
  const { evidence } = await askOne(sh`printf ${'a\\0b'}`, {
    judge: ({ output }) => ({ verdict: 'pass', evidence: JSON.stringify(output) }),
  });
  assert.equal(evidence, JSON.stringify('a\0b'));
});

test('a probe that reads its input takes nothing from the others', async () => {
  const probes = Array.from({ length: 5 }, (_, index) =>
    checkOf(`reader-${index}`, sh`cat; printf ${index}`),
  );
  const findings = await ask(probes);
  assert.deepEqual(
    Object.values(findings).map(({ evidence }) => evidence),
    ['0', '1', '2', '3', '4'],
  );
});

test('every one of many probes answers, a few at a time', async () => {
  const probes = Array.from({ length: 40 }, (_, index) =>
    checkOf(`p${index}`, sh`sleep 0.3; printf ${index}`),
  );
  const began = Date.now();
  const findings = await ask(probes);
  assert.ok(Object.values(findings).every(({ verdict }) => verdict === 'pass'));
  assert.ok(Date.now() - began >= 900, 'at most 16 at a time');
});

test('checks with the same probe are asked once', () => {
  const script = compileChecks('x', [checkOf('a', sh`date`), checkOf('b', sh`date`)], []);
  assert.equal(script.probes.length, 1);
  assert.equal(script.probes[0]!.length, 2);
});

test('a host on which nothing was asked has failed every check', async () => {
  const broken = { words: ['sh', '-c', 'cat >/dev/null; echo "noise of a login"'] };
  const findings = await ask([checkOf('a', sh`true`), checkOf('b', sh`printf b`)], broken);
  assert.deepEqual(
    Object.values(findings).map(({ verdict }) => verdict),
    ['fail', 'fail'],
  );
});

test('nothing is left on the host', async () => {
  const finding = await askOne(sh`printf x >"$scratch.file"; printf %s "$scratch"`);
  assert.equal(finding.verdict, 'pass');
  assert.match(finding.evidence, /^\/.+\/0$/);
  assert.equal(existsSync(dirname(finding.evidence)), false);
});

test('a secret reaches its probe and no process list', async (t) => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const secrets = [
    { name: 'redis_password', value: 'canary-5c1d' },
    { name: 'other', value: 'unrelated-7e' },
  ];
  // While curl waits for an answer, everybody's arguments are looked at.
  const probe = sh`
    [[ $redis_password == canary-"5"c1d && -z \${other-} ]]
    http ${`header = "authorization: @{secret:redis_password}"\nurl = "http://127.0.0.1:${port}"\nmax-time = 2\n`} &
    sleep 0.5
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' >"$scratch.args" || :
    grep -q ^curl "$scratch.args"
    ! grep -F canary-"5c1d" "$scratch.args" || exit 1
  `;
  const sent: Buffer[] = [];
  silent.on('connection', (socket) =>
    socket.on('data', (data) => sent.push(data)).on('error', () => {}),
  );
  const [finding] = Object.values(
    await ask([checkOf('a', probe, { secrets: ['redis_password'], timeoutSeconds: 5 })], {
      secrets,
    }),
  );
  assert.equal(finding!.verdict, 'pass', finding!.evidence);
  assert.match(Buffer.concat(sent).toString(), /authorization: canary-5c1d/);
  assert.throws(
    () => compileChecks('x', [checkOf('a', sh`curl -u ${'canary-5c1d'} x`)], secrets),
    /the secret redis_password stands in the probe/,
  );
});
