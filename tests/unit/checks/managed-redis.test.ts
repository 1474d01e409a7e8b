import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loginVerdict } from '../../../lib/checks/redis.ts';
import { anonymousProbe, type RedisLogin, redisProbe } from '../../../lib/probes/redis.ts';
import {
  canConnect,
  eventually,
  freePort,
  missing,
  redisServers,
  start,
  startRedis,
} from '../standins/harness.ts';
import { ask, checkOf } from './ask.ts';

const skip = missing('experimental');
const PASSWORD = `a "password" $of the tests`;
const secrets = [{ name: 'redis_password', value: PASSWORD }];
const login = (port: number, more: Partial<RedisLogin> = {}): RedisLogin => ({
  server: { host: '127.0.0.1', port },
  ...{ tls: false, password: true, ...more },
});
const LIMITS = ['--maxmemory', '64mb', '--maxmemory-policy', 'noeviction'];

/** What INFO answers through this login. */
async function answer(way: RedisLogin, environment: Record<string, string> = {}): Promise<string> {
  const check = checkOf('one', redisProbe(way, 'INFO'), { secrets: ['redis_password'] });
  const { one } = await ask([check], { secrets, environment });
  return `${one!.verdict} ${one!.evidence}`;
}

test('a user signs in with a password, and nobody without a user’s', { skip }, async () => {
  const port = await startRedis(
    'experimental',
    ...LIMITS,
    '--user',
    'relays',
    'on',
    '~*',
    '&*',
    '+@all',
    `>${PASSWORD}`,
  );
  assert.match(
    await answer(login(port, { user: 'relays' })),
    /^pass \+OK\r\n\$[\s\S]*redis_version:8/,
  );
  assert.match(await answer(login(port, { user: 'nobody' })), /^pass -WRONGPASS/);
  assert.match(await answer(login(port, { password: false })), /^pass \+PONG/);
});

test('a user who may not ask who it is is told by its password', { skip }, async () => {
  const user = ['relays', 'on', '~*', '&*', '+@all', '-acl|whoami', `>${PASSWORD}`];
  const port = await startRedis('experimental', ...LIMITS, '--user', ...user);
  const way = login(port, { user: 'relays' });
  const check = checkOf('one', redisProbe(way, 'ACL WHOAMI'), {
    secrets: ['redis_password'],
    judge: (result) => loginVerdict(result, way),
  });
  const { one } = await ask([check], { secrets });
  assert.equal(`${one!.verdict}: ${one!.evidence}`, 'pass: as relays, without TLS');
});

test('the primary is asked for where Sentinels are named, past one that is not there', {
  skip,
}, async (t) => {
  const port = await startRedis('experimental', ...LIMITS, '--requirepass', PASSWORD);
  const sentinel = await startSentinel(t, port);
  const servers = [1, sentinel].map((one) => ({ host: '127.0.0.1', port: one }));
  const way = (primaryName: string) => login(1, { sentinels: { servers, primaryName } });
  assert.match(await answer(way('pocket')), /^pass \+OK\r\n\$[\s\S]*redis_version:8/);
  assert.match(await answer(way('another')), /^fail/);
});

test('TLS is spoken, and a certificate that nobody vouches for is refused', { skip }, async (t) => {
  const { port, certificate } = await startTls(t);
  const way = login(port, { server: { host: 'localhost', port }, tls: true });
  assert.match(
    await answer(way, { SSL_CERT_FILE: certificate }),
    /^pass \+OK\r\n\$[\s\S]*redis_version:8/,
  );
  assert.match(await answer(way), /^fail/);
  const byAddress = login(port, { tls: true });
  assert.match(
    await answer(byAddress, { SSL_CERT_FILE: certificate }),
    /^fail/,
    'its name is localhost',
  );
  const anonymous = checkOf('one', anonymousProbe(way));
  const { one } = await ask([anonymous], { environment: { SSL_CERT_FILE: certificate } });
  assert.match(one!.evidence, /^-NOAUTH/);
});

async function startSentinel(t: TestContext, redis: number): Promise<number> {
  const directory = temporary(t);
  const port = await freePort();
  const file = join(directory, 'sentinel.conf');
  writeFileSync(
    file,
    `port ${port}\nbind 127.0.0.1\nsentinel monitor pocket 127.0.0.1 ${redis} 1\n`,
  );
  start(redisServers.experimental, [file, '--sentinel']);
  await eventually('the Sentinel listens', () => canConnect(port));
  return port;
}

async function startTls(t: TestContext): Promise<{ port: number; certificate: string }> {
  const directory = temporary(t);
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
  ];
  execFileSync(
    'openssl',
    [...request, '-addext', 'subjectAltName=DNS:localhost', '-out', certificate, '-keyout', key],
    { stdio: 'ignore' },
  );
  const port = await freePort();
  const tls = [
    '--tls-port',
    String(port),
    '--tls-cert-file',
    certificate,
    '--tls-key-file',
    key,
    '--tls-auth-clients',
    'no',
  ];
  start(redisServers.experimental, [
    '--port',
    '0',
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    ...LIMITS,
    ...tls,
    '--requirepass',
    PASSWORD,
  ]);
  await eventually('Redis listens', () => canConnect(port));
  return { port, certificate };
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'pocket-managed-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
