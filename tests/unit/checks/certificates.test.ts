import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { certificateVerdict, versionsVerdict } from '../../../lib/checks/certificates.ts';
import { type Records, recordsOf, recordsVerdict } from '../../../lib/checks/dns.ts';
import { shakeHands, type TlsAnswer } from '../../../lib/probes/tls.ts';

const NAME = 'relay.nodes.net';
const DAY = 86_400_000;
const scratch = mkdtempSync(join(tmpdir(), 'pocket-certificates-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** A certificate of nobody's authority, and its key. */
function made(name: string, days: number): { key: string; cert: string } {
  const at = (file: string) => join(scratch, `${name}-${days}-${file}`);
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x -days ${days} -addext subjectAltName=DNS:${name} -keyout ${at('key')} -out ${at('cert')}`;
  execFileSync('openssl', words.split(' '), { stdio: 'ignore' });
  return { key: readFileSync(at('key'), 'utf8'), cert: readFileSync(at('cert'), 'utf8') };
}

async function serve(t: TestContext, options: tls.TlsOptions): Promise<number> {
  const server = tls.createServer(options, (socket) => socket.on('error', () => {}));
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const ninety = made(NAME, 90);
const certificate = new X509Certificate(ninety.cert);
const agreed = (more: Partial<Extract<TlsAnswer, { outcome: 'agreed' }>> = {}): TlsAnswer => ({
  ...{ outcome: 'agreed', version: 'TLSv1.3', certificate, ...more },
});

test('a certificate by the days that it has left', () => {
  const end = certificate.validToDate.getTime();
  const cases: [daysLeft: number, says: RegExp][] = [
    [89, /^pass 89 days left of 90$/],
    [22, /^pass/],
    [20, /^warn 20 days left of 90; wanted: 21, it should have been renewed$/],
    [4, /^warn/],
    [2.9, /^fail 2\.9 days left of 90; wanted: 21, it was not renewed$/],
    [-1, /^fail expired/],
    [91, /^fail it is not in force before/],
  ];
  for (const [days, says] of cases) {
    const { verdict, evidence } = certificateVerdict(agreed(), NAME, 'acme', end - days * DAY);
    assert.match(`${verdict} ${evidence}`, says, `${days} days`);
  }
});

test('a certificate that lives for days only is not told to be renewed on its first', () => {
  const six = new X509Certificate(made(NAME, 6).cert);
  const left = (days: number) =>
    certificateVerdict(
      agreed({ certificate: six }),
      NAME,
      'acme',
      six.validToDate.getTime() - days * DAY,
    ).verdict;
  assert.deepEqual([5.9, 2.1, 1.9, 0.9].map(left), ['pass', 'pass', 'warn', 'fail']);
});

test('an authority that this machine does not know hides no days', () => {
  const judged = (daysLeft: number, kind: 'acme' | 'certificate') => {
    const now = certificate.validToDate.getTime() - daysLeft * DAY;
    const answer = agreed({ distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const { verdict, evidence } = certificateVerdict(answer, NAME, kind, now);
    return `${verdict} ${evidence}`;
  };
  assert.match(judged(30, 'certificate'), /^warn no authority/);
  assert.match(judged(20, 'certificate'), /^warn 20 days left .*; no authority that this machine/);
  assert.match(judged(1 / 24, 'certificate'), /^fail 0\.0 days left .*; no authority that this/);
  assert.match(judged(-1, 'certificate'), /^fail expired/);
  assert.match(judged(30, 'acme'), /^fail no authority/);
});

test('a certificate for another name, or that nobody vouches for, has failed', () => {
  const now = certificate.validFromDate.getTime() + DAY;
  const judged = (answer: TlsAnswer, name: string, kind: 'acme' | 'certificate' | 'internal') => {
    const { verdict, evidence } = certificateVerdict(answer, name, kind, now);
    return `${verdict} ${evidence}`;
  };
  assert.match(
    judged(agreed(), 'api.nodes.net', 'acme'),
    /^fail it is for DNS:relay\.nodes\.net; /,
  );
  const distrusted = agreed({ distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  assert.match(
    judged(distrusted, NAME, 'acme'),
    /^fail no authority that this machine knows: DEPTH_/,
  );
  assert.match(judged(distrusted, NAME, 'certificate'), /^warn no authority/);
  assert.match(judged(distrusted, NAME, 'internal'), /^pass of the deployment’s own authority/);
  assert.match(judged(distrusted, 'api.nodes.net', 'internal'), /^fail it is for/);
  const refused: TlsAnswer = { outcome: 'unreachable', reason: 'ECONNREFUSED' };
  assert.equal(judged(refused, NAME, 'internal'), 'fail no handshake: ECONNREFUSED');
});

test('a handshake tells the certificate for the name that was asked for, and whether to trust it', async (t) => {
  const other = made('other.nodes.net', 90);
  const port = await serve(t, {
    ...other,
    SNICallback: (name, done) =>
      done(null, tls.createSecureContext(name === NAME ? ninety : other)),
  });
  const answer = await shakeHands({ address: '127.0.0.1', port, name: NAME });
  assert.equal(answer.outcome, 'agreed');
  if (answer.outcome !== 'agreed') return;
  assert.equal(answer.certificate.fingerprint256, certificate.fingerprint256);
  assert.equal(answer.distrust, 'DEPTH_ZERO_SELF_SIGNED_CERT');
});

test('a server that agrees to TLS 1.1 has failed, and so has one without 1.3 or 1.2', async (t) => {
  const verdict = async (options: tls.TlsOptions) => {
    const told = await versionsVerdict(
      '127.0.0.1',
      await serve(t, { ...ninety, ...options }),
      NAME,
    );
    return `${told.verdict} ${told.evidence}`;
  };
  assert.equal(
    await verdict({ minVersion: 'TLSv1.2' }),
    'pass 1.2 and 1.3; 1.0 and 1.1 are refused',
  );
  assert.equal(
    await verdict({ minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }),
    'fail it agrees to TLSv1.1, which is broken',
  );
  assert.match(await verdict({ maxVersion: 'TLSv1.2' }), /^fail no handshake with TLS 1\.3: /);
  assert.match(await verdict({ minVersion: 'TLSv1.3' }), /^fail no handshake with TLS 1\.2: /);
});

test('what refuses every connection, or never answers, does not pass for refusing old versions', async (t) => {
  const { verdict } = await versionsVerdict('127.0.0.1', 1, NAME);
  assert.equal(verdict, 'fail');
  const silent = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const hanging = await versionsVerdict('127.0.0.1', port, NAME);
  assert.equal(hanging.evidence, 'no handshake with TLS 1.2: no answer in time');
});

test('where a public name leads', () => {
  const theirs = new X509Certificate(made('other.nodes.net', 90).cert);
  const balancer = new X509Certificate(made(NAME, 30).cert);
  const strange = (answer: TlsAnswer, address = '2001:db8::9') => [{ address, answer }];
  const cases: [records: Partial<Records>, says: RegExp][] = [
    [{}, /^pass 203\.0\.113\.7$/],
    [{ unnamed: ['two'] }, /^warn 203\.0\.113\.7; no record leads to two$/],
    // At a balancer, nobody sees what is behind it.
    [{ unnamed: ['two'], strange: strange(agreed()), ours: [agreed()] }, /^pass/],
    [{ found: [] }, /^fail it has neither an A nor an AAAA record$/],
    [{ found: [], internal: true }, /^skip no DNS has it/],
    [{ strange: strange(agreed()), ours: [agreed()] }, /^pass/],
    [
      { strange: strange(agreed({ certificate: theirs })), ours: [agreed()] },
      /^fail it leads to 2001:db8::9, where somebody else answers$/,
    ],
    [
      { strange: strange({ outcome: 'unreachable', reason: 'ECONNREFUSED' }), ours: [agreed()] },
      /^fail it leads to 2001:db8::9, where no proxy answers: ECONNREFUSED$/,
    ],
    [
      { strange: strange({ outcome: 'unreachable', reason: 'ENETUNREACH' }), ours: [agreed()] },
      /^skip 2001:db8::9 cannot be reached from here$/,
    ],
    [
      { strange: strange(agreed({ certificate: balancer })), ours: [agreed()] },
      /^warn 2001:db8::9: a certificate for the name, but of no proxy of this profile$/,
    ],
  ];
  for (const [records, says] of cases) {
    const { verdict, evidence } = recordsVerdict({
      ...{
        internal: false,
        name: NAME,
        found: ['203.0.113.7'],
        unnamed: [],
        strange: [],
        ours: [],
      },
      ...records,
    });
    assert.match(`${verdict} ${evidence}`, says);
  }
});

test('A and AAAA records count alike, and a DNS that does not answer is no missing record', async () => {
  const failing = (code: string) => async () => {
    throw Object.assign(new Error(code), { code });
  };
  const four = async () => ['203.0.113.7'];
  const six = async () => ['2001:db8::7'];
  type Asked = Parameters<typeof recordsOf>[1];
  const asked = (resolve4: unknown, resolve6: unknown) =>
    recordsOf(NAME, { resolve4, resolve6 } as Asked);
  assert.deepEqual(await asked(four, six), ['203.0.113.7', '2001:db8::7']);
  assert.deepEqual(await asked(four, failing('ENODATA')), ['203.0.113.7']);
  assert.deepEqual(await asked(failing('ENOTFOUND'), failing('ENOTFOUND')), []);
  await assert.rejects(asked(four, failing('ESERVFAIL')), /ESERVFAIL/);
});
