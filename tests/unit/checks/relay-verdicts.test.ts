import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answers, type Changes, readAnswers } from '../../../lib/relay-proof/answers.ts';
import type { Question } from '../../../lib/relay-proof/questions.ts';
import {
  keysVerdict,
  marksVerdict,
  publishedVerdict,
  relayVerdict,
} from '../../../lib/relay-proof/verdicts.ts';

const QUESTION: Question = {
  service: 'eth',
  transport: 'jsonrpc',
  mode: 'jsonrpc',
  url: 'https://relay.nodes.net',
};
const FIXES = { backend: 'the backend', keys: 'the keys', way: 'the way' };
const NONE: Changes = {
  ...{ streams: 0, trees: 0, sessions: 0, marks: 1, named: 0, entries: 0 },
  simulatedEntries: 0,
  ...{ published: 0, skipped: 0, received: 0, simulated: 1 },
};
const SERVED = 'Status: ✅ SUCCESS\nSignature: ✅ VALID\n';
const newcomer =
  'Status: ❌ FAILED\nError: signature verification failed: account pokt1x not found\n';

const answers = (status: number, text: string, changes: Partial<Changes> = {}): Answers => ({
  relays: new Map([[0, { status, milliseconds: 120, text }]]),
  changes: { ...NONE, ...changes },
});

for (const [what, status, text, verdict, evidence, fix] of [
  ['served, with a valid signature', 0, SERVED, 'pass', /120 ms, signature valid/],
  ['an exit status alone', 0, 'Status: ✅ SUCCESS\n', 'fail', /SUCCESS/, 'the way'],
  [
    'an invalid signature, whatever the exit status',
    0,
    'Status: ✅ SUCCESS\nSignature: ❌ INVALID\n',
    'fail',
    /INVALID/,
    'the way',
  ],
  ['words of success of one that failed', 1, SERVED, 'fail', /VALID/, 'the way'],
  [
    'a relayer without the keys',
    1,
    'Error: failed to send relay: relayer returned HTTP 403: {"error":"simulation rejected: unknown key_id"}\n',
    'fail',
    /unknown key_id/,
    'the keys',
  ],
  [
    'a backend that is gone',
    1,
    'Error: failed to send relay: relayer returned HTTP 502: {"error":"backend failed"}\n',
    'fail',
    /backend failed/,
    'the backend',
  ],
  [
    'an error in the answer of the backend',
    1,
    'Error: relay response contains error: JSON-RPC error -32000: header not found\n',
    'fail',
    /-32000/,
    'the backend',
  ],
  [
    'a backend that wants to be signed in at',
    1,
    'Error: relay response contains error: backend HTTP 401: no token\n',
    'fail',
    /no token/,
    'the backend',
  ],
  [
    'a name that leads nowhere',
    1,
    'Error: failed to send relay: dial tcp: lookup relay.nodes.net: no such host\n',
    'fail',
    /no such host/,
    'the way',
  ],
  ['a client that was killed', 124, '', 'fail', /the client ended with 124/, 'the way'],
  [
    'a gRPC backend that is not there',
    1,
    'Error: gRPC relay verification failed: grpc-status "14" is non-zero (gRPC call failed)\n',
    'fail',
    /"14"/,
    'the backend',
  ],
  [
    'a supplier whose key the chain does not know yet, as the relayer counts',
    1,
    newcomer,
    'warn',
    /answered and signed, as the relayer counts/,
    /^nothing before staking/,
  ],
  [
    'a signature that is wrong',
    1,
    'Error: signature verification failed: invalid signature of the public key\n',
    'fail',
    /invalid signature/,
    'the way',
  ],
] as [string, number, string, string, RegExp, (string | RegExp)?][]) {
  test(`${what}: ${verdict}`, () => {
    const found = relayVerdict(QUESTION, answers(status, text), 0, true, FIXES);
    assert.equal(found.verdict, verdict, found.evidence);
    assert.match(found.evidence, evidence);
    if (fix instanceof RegExp) assert.match(found.fix ?? '', fix);
    else assert.equal(found.fix, fix);
  });
}

const unknown = 'Error: relay response contains error: JSON-RPC error -32601: Method not found\n';
const unknownByStatus =
  'Error: relay response contains error: backend HTTP 404: {"error":{"code":-32601,"message":"no"}}\n';
const unimplemented =
  'Error: gRPC relay verification failed: grpc-status "12" is non-zero (gRPC call failed)\n';
for (const [mode, text, verdict] of [
  ['jsonrpc', unknown, 'pass'],
  ['jsonrpc', unknownByStatus, 'pass'],
  ['websocket', unknown, 'pass'],
  ['grpc', unimplemented, 'pass'],
  ['cometbft', unknown, 'fail'],
  ['jsonrpc', unknown.replace('-32601', '-32603'), 'fail'],
  ['jsonrpc', unknownByStatus.replace('-32601', '-32600'), 'fail'],
  ['jsonrpc', unknownByStatus.replace('404', '502'), 'fail'],
  ['jsonrpc', 'Error: failed to send relay: JSON-RPC error -32601: Method not found\n', 'fail'],
] as const) {
  test(`${mode}, a backend without the method that the client asks for: ${text.trim()}: ${verdict}`, () => {
    const found = relayVerdict({ ...QUESTION, mode }, answers(1, text), 0, true, FIXES);
    assert.equal(found.verdict, verdict, found.evidence);
    assert.match(
      found.evidence,
      verdict === 'pass' ? /120 ms, signed; the backend/ : /Error|error/,
    );
    if (verdict === 'fail' && !text.includes('failed to send'))
      assert.equal(found.fix, FIXES.backend);
  });
}

test('an unverified answer is not told to be served where the counters do not show it', () => {
  for (const [changes, sole] of [
    [{ simulated: 0 }, true],
    [{}, false],
  ] as const) {
    const found = relayVerdict(QUESTION, answers(1, newcomer, changes), 0, sole, FIXES);
    assert.equal(found.verdict, 'skip');
  }
});

test('a transport without a client is skipped, and a relay that was not made has failed', () => {
  const { mode: _, ...rest } = QUESTION;
  assert.equal(relayVerdict(rest, answers(0, SERVED), 0, true, FIXES).verdict, 'skip');
  assert.equal(relayVerdict(QUESTION, answers(0, SERVED), 1, true, FIXES).verdict, 'fail');
});

for (const [what, changes, sole, verdict] of [
  ['nothing moved', {}, true, 'pass'],
  ['nothing moved on one of several relayers', { simulated: 0 }, false, 'pass'],
  ['a key with a simulated session in its name', { named: 1 }, true, 'fail'],
  ['the same while live relays came', { named: 1, received: 9 }, true, 'fail'],
  ['an entry of a simulated relay', { entries: 1, simulatedEntries: 1 }, true, 'fail'],
  [
    'the same while live relays came',
    { entries: 9, simulatedEntries: 1, received: 8 },
    false,
    'fail',
  ],
  ['a new stream', { streams: 1 }, true, 'fail'],
  ['an entry more', { entries: 1 }, true, 'fail'],
  ['a counter of published relays moved', { published: 1 }, true, 'fail'],
  ['a counter of skipped ones moved', { skipped: 1 }, true, 'fail'],
  ['the same while live relays came to this relayer', { published: 9, received: 9 }, true, 'pass'],
  ['the same where other relayers may have served live ones', { entries: 3 }, false, 'pass'],
  ['only live relays came', { received: 2 }, true, 'pass'],
  ['no relay was served at all', { simulated: 0, marks: 0 }, true, 'skip'],
] as const) {
  test(`${what}: ${verdict}`, () => {
    assert.equal(publishedVerdict(answers(0, SERVED, changes), sole).verdict, verdict);
  });
}

test('what could not be counted has failed, with the reason', () => {
  const uncounted = readAnswers('uncounted Redis: -NOAUTH Authentication required.\n');
  for (const judge of [marksVerdict, (one: Answers) => publishedVerdict(one, true)]) {
    const { verdict, evidence } = judge(uncounted);
    assert.equal(verdict, 'fail');
    assert.match(evidence, /NOAUTH/);
  }
});

test('fewer marks than relays that were served: somebody could send one again', () => {
  assert.equal(marksVerdict(answers(0, SERVED)).verdict, 'pass');
  assert.equal(marksVerdict(answers(0, SERVED, { marks: 0 })).verdict, 'fail');
  assert.equal(marksVerdict(answers(1, 'Error: x')).verdict, 'skip');
  assert.equal(marksVerdict(answers(1, unknown)).verdict, 'pass');
  assert.equal(marksVerdict(answers(1, unknown, { marks: 0 })).verdict, 'fail');
});

test('keys that end soon warn, and keys that have ended fail', () => {
  const at = (date: string) => keysVerdict('2036-01-01T00:00:00Z', Date.parse(date)).verdict;
  assert.deepEqual(
    [at('2030-01-01'), at('2035-12-20'), at('2036-01-02')],
    ['pass', 'warn', 'fail'],
  );
});

test('what the probe prints is read', () => {
  const said = Buffer.from(SERVED).toString('base64');
  const read = readAnswers(
    `relay 0 0 812 ${said}\nrelay 2 1 90 \nnew 1 2 3 4\nnamed 5\nentries 6 8 1\ncounters 1 1 1 1 2 3 4 5\n`,
  );
  assert.deepEqual(read.relays.get(0), { status: 0, milliseconds: 812, text: SERVED });
  assert.deepEqual(read.relays.get(2), { status: 1, milliseconds: 90, text: '' });
  assert.deepEqual(read.changes, {
    ...{ streams: 1, trees: 2, sessions: 3, marks: 4, named: 5, entries: 2 },
    simulatedEntries: 1,
    ...{ published: 1, skipped: 2, received: 3, simulated: 4 },
  });
  assert.throws(() =>
    readAnswers('new 1 2 3 4\nnamed x\nentries 0 0 0\ncounters 0 0 0 0 0 0 0 0\n'),
  );
});
