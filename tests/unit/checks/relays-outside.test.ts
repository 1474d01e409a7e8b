import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { relaysVerdict, sendRelay } from '../../../lib/checks/relays-outside.ts';

const NAME = 'relay.nodes.net';
const scratch = mkdtempSync(join(tmpdir(), 'pocket-relays-outside-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x -days 2 -keyout ${scratch}/key -out ${scratch}/cert`;
execFileSync('openssl', words.split(' '), { stdio: 'ignore' });

/** What is found out with a proxy that answers so, at an address of this machine. */
async function told(t: TestContext, answer: RequestListener): Promise<string> {
  const [key, cert] = ['key', 'cert'].map((file) => readFileSync(join(scratch, file)));
  const server = createServer({ key, cert }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return verdictAt(port);
}

async function verdictAt(port: number): Promise<string> {
  const address = '127.0.0.1';
  const answer = await sendRelay({ address, port, name: NAME });
  const { verdict, evidence } = relaysVerdict([{ address, answer }]);
  return `${verdict}: ${evidence}`;
}

test('a relay that a relayer refuses has arrived', async (t) => {
  let asked = '';
  const says = await told(t, ({ method, url, headers }, response) => {
    asked = `${method} ${headers.host}${url}`;
    response.writeHead(400).end('{"error":"invalid relay request"}');
  });
  assert.equal(says, 'pass: the relayer refuses a malformed one, by way of 127.0.0.1');
  assert.equal(asked, `POST ${NAME}/`);
});

test('whoever else answers is no relayer', async (t) => {
  assert.match(
    await told(t, (_, response) => response.writeHead(502).end()),
    /^fail: at 127\.0\.0\.1: HTTP 502 ; wanted: 400 and the relayer’s error$/,
  );
  assert.match(
    await told(t, (_, response) => response.writeHead(400).end('Bad Request')),
    /^fail: at 127\.0\.0\.1: HTTP 400 Bad Request; /,
  );
  assert.match(
    await told(t, (request) => request.socket.destroy()),
    /^fail: at 127\.0\.0\.1: no answer: ECONNRESET$/,
  );
  assert.equal(await verdictAt(1), 'fail: at 127.0.0.1: no answer: ECONNREFUSED');
  assert.equal(await told(t, () => {}), 'fail: at 127.0.0.1: no answer: nothing in time');
});

test('a name without records, or an address that this machine has no way to, is skipped', () => {
  assert.equal(relaysVerdict([]).verdict, 'skip');
  const good = {
    status: 400,
    contentType: '',
    body: '{"error":"invalid relay request"}',
    milliseconds: 1,
  };
  const both = (reason: string) =>
    relaysVerdict([
      { address: '203.0.113.7', answer: good },
      { address: '2001:db8::7', answer: { reason } },
    ]);
  assert.deepEqual(both('ENETUNREACH'), {
    verdict: 'skip',
    evidence: '2001:db8::7 cannot be reached from here',
  });
  assert.equal(both('nothing in time').verdict, 'fail');
});
