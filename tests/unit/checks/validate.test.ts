import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../lib/exit-codes.ts';
import { CHECK_GROUPS, type Finding, type VerdictName } from '../../../lib/validation/check.ts';
import {
  answerOf,
  findingLine,
  hostTable,
  summaryJson,
  summaryLine,
} from '../../../lib/validation/findings.ts';
import { type ValidateOptions, validate } from '../../../lib/validation/validate.ts';
import { labContext } from './deployment.ts';
import { localShell } from './local.ts';

/** Opens connections to a host that gives the first checks these answers, each after so many milliseconds. */
const answering =
  (...answers: { output: string; milliseconds: number }[]): ValidateOptions['open'] =>
  async () => ({
    run: async (script, onLine) => {
      const nonce = /NONCE=(\w+)/.exec(script)![1];
      for (const [index, { output, milliseconds }] of answers.entries())
        onLine(`${nonce} ${index} 0 ${milliseconds} ${Buffer.from(output).toString('base64')} `);
      return 0;
    },
    close: async () => {},
  });

test('a host that cannot be reached is one failure, in the words of ssh', async () => {
  const said = 'lab: cannot connect: ssh: connect to host 10.0.0.9 port 22: No route to host';
  const { findings, answer, exitCode } = await validate({
    ...labContext(),
    open: async () => {
      throw new UserError(`${said}\n  Try it by hand: ssh -v lab`);
    },
  });
  const [reachable, ...others] = findings;
  assert.equal(reachable!.id, 'host.reachable');
  assert.equal(reachable!.verdict, 'fail');
  assert.equal(reachable!.evidence, said);
  assert.equal(reachable!.fix, 'Try it by hand: ssh -v lab');
  assert.deepEqual(
    others.filter(({ verdict }) => verdict === 'fail'),
    [],
  );
  assert.ok(others.every(({ host }) => host === 'fleet'));
  assert.ok(others.some(({ id, verdict }) => id === 'relayminer.one-leader' && verdict === 'skip'));
  assert.equal(answer, 'could not tell');
  assert.equal(exitCode, 2);
});

test('a host that cannot be reached is told of also where other things are asked', async () => {
  const context = labContext();
  const lost = { ...context.host, name: 'lost' };
  const { findings, exitCode } = await validate({
    ...context,
    hosts: [context.host, lost],
    only: ['redis.password'],
    open: async (host) => {
      if (host === lost) throw new UserError('lost: No route to host');
      return answering({ output: '-NOAUTH\r\n', milliseconds: 5 })(host);
    },
  });
  assert.deepEqual(
    findings.map(({ host, id, verdict }) => [host, id, verdict]),
    [
      ['lab', 'redis.password', 'pass'],
      ['lost', 'host.reachable', 'fail'],
    ],
  );
  assert.equal(exitCode, 1);
});

test('a connection that is lost fails what was not answered yet', async () => {
  const { findings, exitCode } = await validate({
    ...labContext(),
    only: ['host'],
    open: async () => ({
      run: async () => {
        throw new Error('lab: the connection was lost while a script ran: Broken pipe');
      },
      close: async () => {},
    }),
  });
  const [reachable, ...asked] = findings.toSorted(
    (a, b) => Number(b.id === 'host.reachable') - Number(a.id === 'host.reachable'),
  );
  assert.equal(reachable!.verdict, 'pass');
  assert.ok(asked.length >= 4);
  assert.ok(
    asked.every(
      ({ verdict, evidence }) => verdict === 'fail' && /connection was lost/.test(evidence),
    ),
  );
  assert.equal(exitCode, 1);
});

test('--only takes groups and ids, and refuses what is neither', async () => {
  const open = async () => localShell();
  const { findings } = await validate({ ...labContext(), only: ['host.os', 'host.disk'], open });
  assert.deepEqual(findings.map(({ id }) => id).sort(), ['host.disk', 'host.os']);
  const refused = (...only: string[]) =>
    validate({ ...labContext(), only, open }).then(
      () => 'accepted',
      (error: UserError) => `${error.exitCode} ${error.message}`,
    );
  assert.equal(
    await refused('reddis', 'host', 'firewall'),
    `2 --only reddis: no such group or check, did you mean redis?
--only firewall: no such group or check; there is ${CHECK_GROUPS.join(', ')}`,
  );
  assert.equal(
    await refused('redis.nonsense'),
    '2 --only redis.nonsense: these hosts have no such check',
  );
});

test('--only skips a group that these hosts have nothing of, beside others', async () => {
  const open = async () => localShell();
  const only = ['middleman', 'host.os', 'middleman.version'];
  const { findings } = await validate({ ...labContext(), only, open });
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['host.os'],
  );
  await assert.rejects(
    validate({ ...labContext(), only: ['middleman', 'relay.marks'], open }),
    (error: UserError) =>
      error.exitCode === 2 &&
      error.message === '--only middleman,relay.marks: these hosts have nothing of that',
  );
});

test('what a host says is masked and cannot steer the terminal', async () => {
  const context = labContext();
  const password = context.secrets.get('redis_password').reveal();
  const { findings } = await validate({
    ...context,
    only: ['host.os'],
    open: answering({ output: `${password} \x1b[2J`, milliseconds: 5 }),
  });
  const { evidence } = findings.find(({ id }) => id === 'host.os')!;
  assert.match(evidence, /^\*\*\* /);
  assert.doesNotMatch(evidence, /\x1b/);
});

const finding: Finding = {
  id: 'redis.version',
  host: 'lab',
  group: 'redis',
  severity: 'critical',
  title: 'Redis is 8.10 or newer',
  verdict: 'fail',
  evidence: '8.0.2; ghcr.io/pokt-network/pocket-relay-miner:v0.1.6 wants 8.10',
  fix: 'images.redis in the profile, then scripts/redis.mjs --profile profiles/all-in-one.yaml --limit lab',
  duration_ms: 12,
};

test('ready, not ready, or could not tell: what was only skipped is not ready', () => {
  const found = (...verdicts: VerdictName[]) =>
    verdicts.map((verdict): Finding => ({ ...finding, verdict }));
  assert.equal(answerOf(found('pass', 'warn', 'skip')), 'ready');
  assert.equal(answerOf(found('pass', 'warn', 'skip'), 'warn'), 'not ready');
  assert.equal(answerOf(found('pass', 'skip', 'fail')), 'not ready');
  assert.equal(answerOf(found('skip', 'skip')), 'could not tell');
  assert.equal(answerOf([]), 'could not tell');

  const lost: Finding = { ...finding, id: 'host.reachable', verdict: 'fail' };
  const fleet: Finding = { ...finding, host: 'fleet', verdict: 'skip' };
  assert.equal(answerOf([lost, { ...lost, host: 'other' }, fleet]), 'could not tell');
  assert.equal(answerOf([lost, ...found('pass'), fleet]), 'not ready');
});

test('a question that is only skipped ends with 2, not with 0', async () => {
  const { findings, answer, exitCode } = await validate({
    ...labContext(),
    only: ['chain.agree'],
    open: async () => localShell(),
  });
  assert.deepEqual(
    findings.map(({ id, verdict }) => [id, verdict]),
    [['chain.agree', 'skip']],
  );
  assert.equal(answer, 'could not tell');
  assert.equal(exitCode, 2);
});

test('what several hosts settle takes as long as the longest of their answers', async () => {
  const { findings } = await validate({
    ...labContext(),
    only: ['chain.agree', 'chain.rpc', 'chain.grpc', 'chain.api'],
    open: answering(
      ...[700, 701, 702, 703].map((milliseconds) => ({ output: 'no', milliseconds })),
    ),
  });
  const took = (id: string) => findings.find((one) => one.id === id)!.duration_ms;
  assert.ok(took('chain.rpc') >= 700);
  assert.ok(took('chain.agree') >= 700, `${took('chain.agree')}`);
});

test('the table fits 80 columns and reads without colour', () => {
  const good: Finding = {
    ...finding,
    id: 'redis.policy',
    verdict: 'pass',
    evidence: 'noeviction',
    fix: '',
  };
  const long: Finding = {
    ...finding,
    id: `backends.${'x'.repeat(30)}.jsonrpc`,
    verdict: 'warn',
    title: 'a service with a long name answers over its transport',
  };
  // A service of the chain has at most 42 letters.
  const service = 'y'.repeat(42);
  const image = `ghcr.io/pokt-network/pocket-relay-miner:v0.1.6@sha256:${'f'.repeat(64)}`;
  const longest: Finding = {
    ...finding,
    id: `backends.${service}.websocket`,
    title: `${service} answers`,
    evidence: `it was made from ${image}; the profile says another`,
  };
  const text = hostTable('lab', [good, finding, long, longest], { colour: false, verbose: false });
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  assert.ok(text.replace(/\s+/g, '').includes(image), 'nothing is lost');
  assert.match(
    text,
    /^lab\n {2}FAIL! redis\.version .*\n {2}PASS {2}redis\.policy +Redis is 8\.10 or newer\n$/s,
  );
  assert.match(text, /\n {8}8\.0\.2; .*wants 8\.10\n {8}fix: images\.redis in the profile/);
  assert.doesNotMatch(text, /noeviction/);
  const verbose = hostTable('lab', [good], { colour: false, verbose: true });
  assert.match(verbose, /Redis is 8\.10 or newer \(0\.01 s\)\n {8}noeviction\n$/);
  const colourful = hostTable('lab', [finding], { colour: true, verbose: false });
  assert.equal(
    colourful.replace(/\x1b\[\d+m/g, ''),
    hostTable('lab', [finding], { colour: false, verbose: false }),
  );
});

test('each command of a fix begins a line, and can be copied where it takes two', () => {
  const fix = `room at x; scripts/redis.mjs --limit ${'x'.repeat(40)} --yes; if that changes nothing: docker restart y`;
  const text = hostTable('lab', [{ ...finding, fix }], { colour: false, verbose: false });
  assert.match(
    text,
    /\n {8}fix: room at x\n {13}scripts\/redis\.mjs --limit \\\n {15}x+ --yes\n {13}if that changes nothing: docker restart y\n$/,
  );
});

test('a command for this machine can be copied, too, where it takes two lines', () => {
  const fix = `if that changes nothing: docker start --attach ${'x'.repeat(50)}`;
  const text = hostTable('lab', [{ ...finding, fix }], { colour: false, verbose: false });
  assert.match(text, / docker start --attach \\\n {15}x+\n$/);
  const why = `remove what is not needed where most are: du --inodes -xS /${'x'.repeat(30)} | sort -n`;
  const du = hostTable('lab', [{ ...finding, fix: why }], { colour: false, verbose: false });
  assert.match(du, / du --inodes \\?.*\\\n/);
});

test('what several checks say in the same words stands once, below all of them', () => {
  const gone = { evidence: 'no answer: Connection refused', fix: 'scripts/redis.mjs' };
  const of = (id: string, more: Partial<Finding>): Finding => ({
    ...finding,
    id,
    title: id,
    ...more,
  });
  const text = hostTable(
    'lab',
    [
      of('redis.version', gone),
      of('docker.redis', { evidence: 'exited', fix: gone.fix }),
      of('redis.policy', gone),
      of('redis.lag', { ...gone, verdict: 'warn' }),
      of('a', { verdict: 'pass', evidence: 'on', fix: '' }),
      of('b', { verdict: 'pass', evidence: 'on', fix: '' }),
    ],
    { colour: false, verbose: true },
  );
  assert.equal(
    text.replace(/ +$/gm, ''),
    `lab
  FAIL! redis.version  redis.version (0.01 s)
  FAIL! redis.policy   redis.policy (0.01 s)
        no answer: Connection refused
        fix: scripts/redis.mjs
  FAIL! docker.redis   docker.redis (0.01 s)
        exited
        fix: that of redis.version, above
  WARN! redis.lag      redis.lag (0.01 s)
        no answer: Connection refused
        fix: that of redis.version, above
  PASS  a              a (0.01 s)
        on
  PASS  b              b (0.01 s)
        on
`,
  );
});

test('what is worst stands first, and what is critical is marked', () => {
  const of = (id: string, verdict: Finding['verdict'], severity: Finding['severity']): Finding => ({
    ...{ ...finding, id, verdict, severity },
  });
  const text = hostTable(
    'lab',
    [
      of('a', 'pass', 'critical'),
      of('b', 'skip', 'critical'),
      of('c', 'warn', 'critical'),
      of('d', 'fail', 'warning'),
      of('e', 'fail', 'critical'),
      of('f', 'warn', 'warning'),
      of('g', 'pass', 'warning'),
    ],
    { colour: false, verbose: false },
  );
  assert.deepEqual(text.match(/^ {2}[A-Z]{4}[! ] \w/gm), [
    '  FAIL! e',
    '  FAIL  d',
    '  WARN! c',
    '  WARN  f',
    '  SKIP! b',
    '  PASS  a',
    '  PASS  g',
  ]);
});

test('the JSON of a finding and of the summary', () => {
  assert.deepEqual(JSON.parse(findingLine(finding)), { type: 'finding', ...finding });
  const counts = { pass: 1, warn: 0, fail: 2, skip: 3, critical: 1 };
  assert.deepEqual(JSON.parse(summaryJson('not ready', counts, 1500)), {
    type: 'summary',
    ...counts,
    answer: 'not ready',
    duration_ms: 1500,
  });
  assert.equal(
    summaryLine('not ready', counts, 1500, false),
    '1 pass, 0 warn, 2 fail (1 critical), 3 skip in 1.5 s: not ready\n',
  );
  assert.match(
    summaryLine('ready', { ...counts, fail: 0, critical: 0 }, 1500, false),
    /: ready, as far as could be told\n$/,
  );
  assert.match(
    summaryLine('ready', { ...counts, fail: 0, skip: 0, critical: 0 }, 1500, false),
    /: ready\n$/,
  );
  assert.match(summaryLine('could not tell', counts, 1500, false), /: could not tell\n$/);
});
