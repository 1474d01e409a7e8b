import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { endPrograms, IGNITER, run } from './program.ts';
import { APP_PUBLIC_KEY, startWeb, type Web, webEnvironment } from './provider.ts';
import { skipReason, type TemporaryPostgres, temporaryPostgres } from './temporary-postgres.ts';

const POST = { method: 'POST', body: '{}' };

describe('stand-in provider web', { skip: skipReason, timeout: 120_000 }, () => {
  let postgres: TemporaryPostgres;
  let environment: Record<string, string | undefined>;
  before(async () => {
    postgres = await temporaryPostgres();
    await postgres.query('postgres', 'CREATE DATABASE provider', 'CREATE DATABASE fresh');
    const DATABASE_URL = postgres.url('provider');
    await run(IGNITER, [`${IGNITER}/bin/pnpm`, 'provider:migration:migrate'], { DATABASE_URL });
    environment = webEnvironment(`${DATABASE_URL}?sslmode=disable`);
  });
  after(() => {
    endPrograms();
    postgres.remove();
  });

  const exits: [string, Record<string, string | undefined>, RegExp][] = [
    ['OWNER_IDENTITY unset', { OWNER_IDENTITY: undefined }, /OWNER_IDENTITY/],
    ['APP_IDENTITY unset', { APP_IDENTITY: undefined }, /APP_IDENTITY/],
    ['MINIMUM_STAKE_BUFFER not a number', { MINIMUM_STAKE_BUFFER: 'lots' }, /MINIMUM_STAKE_BUFFER/],
    ['LOG_LEVEL=warn', { LOG_LEVEL: 'warn' }, /LOG_LEVEL/],
  ];
  for (const [what, change, message] of exits) {
    test(`exits 1 with ${what}`, async () => {
      const command = ['node', 'apps/provider/server.js'];
      const { status, output } = await run(IGNITER, command, { ...environment, ...change });
      assert.equal(status, 1);
      assert.match(output, message);
    });
  }

  describe('before bootstrap', () => {
    let web: Web;
    before(async () => {
      web = await startWeb(environment);
    });
    const notReady = '{"error":"Forbidden. Application is not ready for requests."}';
    const answers: [string, string, number, string | RegExp][] = [
      ['GET', '/api/health', 200, '{}'],
      ['HEAD', '/api/health', 200, ''],
      ['GET', '/api/bootstrap', 200, '{"isBootstrapped":false}'],
      ['GET', '/api/identity', 200, `{"identity":"${APP_PUBLIC_KEY}"}`],
      ['POST', '/api/status', 403, notReady],
      ['GET', '/api/status', 405, ''],
      ['POST', '/api/suppliers', 403, notReady],
      ['POST', '/api/suppliers?simulate=true', 403, notReady],
      ['POST', '/api/suppliers/release', 403, notReady],
      ['POST', '/api/suppliers/stake', 403, notReady],
      ['POST', '/api/suppliers/unstaking', 403, notReady],
      ['POST', '/api/suppliers/address-groups', 403, notReady],
      ['POST', '/api/import-suppliers/request', 403, notReady],
      ['POST', '/api/import-suppliers/submit', 403, notReady],
      ['POST', '/api/import-suppliers/status', 403, notReady],
      ['OPTIONS', '/api/suppliers', 200, '{}'],
      ['OPTIONS', '/api/import-suppliers/request', 200, '{}'],
      [
        'GET',
        '/api/rpc/cosmos/base/tendermint/v1beta1/node_info',
        503,
        '{"error":"RPC URL not configured"}',
      ],
      ['GET', '/api/auth/session', 200, 'null'],
      ['GET', '/', 200, /stand-in/],
      ['GET', '/admin', 307, ''],
      ['GET', '/admin/setup', 307, ''],
      ['GET', '//api/health', 308, ''],
      ['GET', '/auth/error', 404, /<html.*stand-in/],
      ['GET', '/api/suppliers/nothing', 404, /<html/],
    ];
    for (const [method, path, status, body] of answers) {
      test(`${method} ${path} is ${status}`, async () => {
        const answer = await web.get(path, { method, ...(method === 'POST' && { body: '{}' }) });
        assert.equal(answer.status, status);
        if (typeof body === 'string') assert.equal(answer.text, body);
        else assert.match(answer.text, body);
      });
    }
    test('identity is open to browsers and never cached, redirects lead inside', async () => {
      const { headers } = await web.get('/api/identity');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.equal((await web.get('/admin')).headers.get('location'), '/');
      assert.equal((await web.get('//api/health')).headers.get('location'), '/api/health');
    });
    test('the wizard is hidden from callers without the header', async () => {
      assert.equal((await web.get('/standin/wizard/finish', POST)).status, 404);
    });
    test('every log line says stand-in', () => {
      for (const line of web.output().trim().split('\n')) assert.match(line, /stand-in/);
    });
  });

  const malformed = {
    'a 0x prefix': `0x${'1'.repeat(62)}`,
    '62 characters': '1'.repeat(62),
    '66 characters': '1'.repeat(66),
    zero: '0'.repeat(64),
    'the group order': 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
  };
  for (const [what, APP_IDENTITY] of Object.entries(malformed)) {
    test(`APP_IDENTITY with ${what}: healthy, but no identity and no status`, async () => {
      const web = await startWeb({ ...environment, APP_IDENTITY });
      assert.equal((await web.get('/api/health')).status, 200);
      assert.deepEqual(await statusAndText(web, '/api/identity'), [
        500,
        '{"error":"Identity unavailable"}',
      ]);
      assert.deepEqual(await statusAndText(web, '/api/status', POST), [
        500,
        '{"error":"Invalid request"}',
      ]);
      web.signal('SIGTERM');
      assert.equal((await web.ended()).status, 0);
    });
  }

  test('AUTH_SECRET missing: sign-in and portal broken, health green', async () => {
    const web = await startWeb({ ...environment, AUTH_SECRET: undefined });
    assert.equal((await web.get('/api/auth/session')).status, 500);
    assert.equal((await web.get('/admin')).status, 500);
    assert.equal((await web.get('/api/health')).status, 200);
    web.signal('SIGTERM');
  });

  const tls: [string, string, string | undefined, number][] = [
    ['no sslmode', '', undefined, 500],
    ['sslmode=disable', '?sslmode=disable', undefined, 200],
    ['PG_SSL_MODE=disable', '', 'disable', 200],
    ['PG_SSL_MODE=require', '', 'require', 500],
    ['sslmode=disable against PG_SSL_MODE=require', '?sslmode=disable', 'require', 200],
  ];
  for (const [what, query, PG_SSL_MODE, status] of tls) {
    test(`${what} on a server without TLS: health ${status}`, async () => {
      const DATABASE_URL = postgres.url('provider') + query;
      const web = await startWeb({ ...environment, DATABASE_URL, PG_SSL_MODE });
      assert.equal((await web.get('/api/health')).status, status);
      if (status === 500) assert.match(web.output(), /The server does not support SSL connections/);
      web.signal('SIGTERM');
    });
  }

  test('DATABASE_URL missing: stays up, health 500 and empty, status 500', async () => {
    const web = await startWeb({ ...environment, DATABASE_URL: undefined });
    assert.deepEqual(await statusAndText(web, '/api/health'), [500, '']);
    assert.deepEqual(await statusAndText(web, '/api/bootstrap'), [500, '']);
    assert.equal((await web.get('/api/status', POST)).status, 500);
    web.signal('SIGTERM');
  });

  test('migration not run: health green, status 500', async () => {
    const web = await startWeb(webEnvironment(`${postgres.url('fresh')}?sslmode=disable`));
    assert.equal((await web.get('/api/health')).status, 200);
    assert.equal((await web.get('/api/status', POST)).status, 500);
    web.signal('SIGTERM');
  });

  test('PostgreSQL down: 500 with a body, and recovery without a restart', async () => {
    const web = await startWeb(environment);
    assert.equal((await web.get('/api/health')).status, 200);
    postgres.stop();
    assert.deepEqual(await statusAndText(web, '/api/health'), [
      500,
      '{"error":"Database connection failed"}',
    ]);
    assert.deepEqual(await statusAndText(web, '/api/bootstrap'), [500, '']);
    assert.deepEqual(await statusAndText(web, '/api/status', POST), [
      500,
      '{"error":"Invalid request"}',
    ]);
    postgres.start();
    assert.deepEqual(await statusAndText(web, '/api/health'), [200, '{}']);
    web.signal('SIGTERM');
  });
});

async function statusAndText(
  web: Web,
  path: string,
  init?: RequestInit,
): Promise<[number, string]> {
  const { status, text } = await web.get(path, init);
  return [status, text];
}
