import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Network, startNetwork } from './network.ts';
import { endPrograms, IGNITER, type Program, run, start } from './program.ts';
import { APP_PUBLIC_KEY, startWeb, type Web, webEnvironment } from './provider.ts';
import { startTemporal, type Temporal, temporalEnvironment } from './temporal.ts';
import { skipReason, type TemporaryPostgres, temporaryPostgres } from './temporary-postgres.ts';

const WEB = ['node', 'apps/middleman/server.js'];
const WORKER = ['node', './apps/middleman-workflows/dist/src/worker.js'];
const MIGRATION = [`${IGNITER}/bin/pnpm`, 'middleman:migration:migrate'];
const OWN_KEY = '2'.padStart(64, '0');
const OWN_PUBLIC_KEY = '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5';
const REWARDS = `pokt1${'q'.repeat(38)}`;

describe('stand-in Middleman', { skip: skipReason, timeout: 180_000 }, () => {
  let postgres: TemporaryPostgres;
  let network: Network;
  let temporal: Temporal;
  let provider: Web;
  let web: Web;
  let environment: Record<string, string | undefined>;
  let worker: Program;

  before(async () => {
    postgres = await temporaryPostgres();
    await postgres.query('postgres', 'CREATE DATABASE provider', 'CREATE DATABASE middleman');
    const DATABASE_URL = postgres.url('provider');
    await run(IGNITER, [`${IGNITER}/bin/pnpm`, 'provider:migration:migrate'], { DATABASE_URL });
    provider = await startWeb(webEnvironment(`${DATABASE_URL}?sslmode=disable`));
    network = await startNetwork({
      api: 'pocket',
      rpc: 'pocket',
      indexer: 'pocket',
      delegators: [],
      providers: [
        { name: 'Ours', identity: APP_PUBLIC_KEY, url: provider.url },
        { name: 'Gone', identity: OWN_PUBLIC_KEY, url: 'http://127.0.0.1:1' },
      ],
    });
    temporal = await startTemporal(temporalEnvironment(postgres));
    await temporal.cli('operator', 'namespace', 'create', '-n', 'middleman');
    environment = {
      ...webEnvironment(`${postgres.url('middleman')}?sslmode=disable`),
      SERVICE_NAME: 'middleman',
      APP_IDENTITY: OWN_KEY,
      PROVIDERS_CDN_URL: network.url('/cdn/{chainId}/provider.json'),
    };
  });
  after(() => {
    endPrograms();
    network.close();
    postgres.remove();
  });

  test('its migration applies its own journal, and refuses the Provider’s', async () => {
    const settings = { DATABASE_URL: postgres.url('middleman'), SERVICE_NAME: 'middleman' };
    for (const attempt of ['first', 'second']) {
      const { status, output } = await run(IGNITER, MIGRATION, settings);
      assert.equal(status, 0, `${attempt}: ${output}`);
      assert.match(output, /migrations applied successfully!/);
    }
    const ledger = 'SELECT * FROM drizzle.__drizzle_migrations';
    assert.equal((await postgres.query('middleman', ledger)).length, 2);
    const other = [`${IGNITER}/bin/pnpm`, 'provider:migration:migrate'];
    assert.match((await run(IGNITER, other, settings)).output, /ERR_PNPM_NO_SCRIPT/);
  });

  const exits: [string, string[], Record<string, string | undefined>, RegExp][] = [
    ['web without OWNER_IDENTITY', WEB, { OWNER_IDENTITY: undefined }, /OWNER_IDENTITY/],
    ['web without APP_IDENTITY', WEB, { APP_IDENTITY: undefined }, /APP_IDENTITY/],
    ['web with LOG_LEVEL=warn', WEB, { LOG_LEVEL: 'warn' }, /LOG_LEVEL/],
    ['worker without APP_IDENTITY', WORKER, { APP_IDENTITY: undefined }, /APP_IDENTITY/],
    ['worker without TEMPORAL_URL', WORKER, { TEMPORAL_URL: undefined }, /TEMPORAL_URL/],
    ['worker without DATABASE_URL', WORKER, { DATABASE_URL: undefined }, /DATABASE_URL/],
  ];
  for (const [what, command, change, message] of exits) {
    test(`the ${what} ends with 1`, async () => {
      const { status, output } = await run(IGNITER, command, {
        ...environment,
        ...workerSettings(),
        ...change,
      });
      assert.equal(status, 1);
      assert.match(output, message);
    });
  }

  test('the worker waits for the wizard', async () => {
    worker = start(IGNITER, WORKER, { ...environment, ...workerSettings() });
    await worker.saw('Application is not yet bootstrapped. Retrying...');
  });

  describe('before its wizard', () => {
    before(async () => {
      web = await startWeb(environment, 'middleman');
    });
    const answers: [string, string, string | undefined, number, string | RegExp][] = [
      ['GET', '/api/health', undefined, 200, '{}'],
      ['GET', '/api/bootstrap', undefined, 200, '{"isBootstrapped":false}'],
      ['GET', '/api/auth/session', undefined, 200, 'null'],
      ['POST', '/api/provider-rpc', 'no json', 400, /error/],
      ['POST', '/api/provider-rpc', '{}', 400, /required/],
      ['POST', '/api/provider-rpc', '{"provider":"02","path":"/x","data":{}}', 404, /not found/],
      ['GET', '/api/provider-rpc', undefined, 405, ''],
      ['GET', '/api/identity', undefined, 404, /<html/],
      ['POST', '/api/status', '{}', 404, /<html/],
      ['GET', '/', undefined, 200, /stand-in/],
      ['GET', '/providers', undefined, 200, /stand-in/],
      ['GET', '/app', undefined, 307, ''],
      ['GET', '/admin/setup', undefined, 307, ''],
      ['GET', '//api/health', undefined, 308, ''],
    ];
    for (const [method, path, body, status, text] of answers) {
      test(`${method} ${path} ${body ?? ''} is ${status}`, async () => {
        const answer = await web.get(path, { method, ...(body !== undefined && { body }) });
        assert.equal(answer.status, status);
        if (typeof text === 'string') assert.equal(answer.text, text);
        else assert.match(answer.text, text);
      });
    }
    test('AUTH_SECRET missing: sessions broken, health green', async () => {
      const broken = await startWeb({ ...environment, AUTH_SECRET: undefined }, 'middleman');
      assert.equal((await broken.get('/api/auth/session')).status, 500);
      assert.equal((await broken.get('/api/health')).status, 200);
      broken.signal('SIGTERM');
    });
  });

  describe('its wizard', () => {
    const settings = {
      name: 'Stake here',
      supportEmail: 'help@example.com',
      ownerEmail: 'owner@example.com',
      fee: 5,
      delegatorRewardsAddress: REWARDS,
    };
    const refusals: [string, string, unknown, number][] = [
      ['a later step first', 'finish', {}, 409],
      ['no name', 'settings', { ...settings, name: '' }, 400],
      ['an empty support e-mail', 'settings', { ...settings, supportEmail: '' }, 400],
      ['a fee above 100', 'settings', { ...settings, fee: 101 }, 400],
      ['half a percent', 'settings', { ...settings, fee: 0.5 }, 400],
      ['a short address', 'settings', { ...settings, delegatorRewardsAddress: 'pokt1' }, 400],
      ['no provider', 'providers', { enabled: [] }, 400],
    ];
    for (const [what, step, values, status] of refusals) {
      test(`refuses ${what}`, async () => {
        const answer = await web.wizard(step, values);
        assert.equal(answer.status, status, answer.text);
      });
    }
    test('refuses to go on with a stranger, or while the list of Providers is empty', async () => {
      await passes('blockchain', {
        pocketApiUrl: network.url('/api'),
        pocketRpcUrl: network.url('/rpc'),
        indexerApiUrl: network.url('/indexer'),
      });
      await passes('settings', settings);
      const list = network.facts.providers;
      network.facts.providers = [];
      assert.equal((await web.wizard('providers', { enabled: 'all' })).status, 400);
      network.facts.providers = list;
      assert.equal((await web.wizard('providers', { enabled: ['02ff'] })).status, 400);
    });
    test('is completed step by step, and the worker begins to poll', async () => {
      await passes('providers', { enabled: [APP_PUBLIC_KEY] });
      await passes('finish', {});
      assert.equal((await web.get('/api/bootstrap')).text, '{"isBootstrapped":true}');
      await worker.saw('Bootstrap completed');
      const words = ['schedule', 'list', '-n', 'middleman', '--output', 'json'];
      const { output } = await temporal.cli(...words);
      for (const type of ['ProviderStatus', 'ImportSupplierRecovery', 'GovernanceSync'])
        assert.match(output, new RegExp(`${type}-scheduled`));
    });
  });

  test('what it signs is passed on, and the Provider’s refusals come back with 200', async () => {
    const ask = (provider: string) => {
      const body = JSON.stringify({ provider, path: '/api/status', data: { b: 1, a: 2 } });
      return web.get('/api/provider-rpc', { method: 'POST', body });
    };
    assert.deepEqual(await pick(ask(APP_PUBLIC_KEY)), [
      200,
      '{"error":"Forbidden. Application is not ready for requests."}',
    ]);
    await postgres.query('provider', 'UPDATE application_settings SET "isBootstrapped" = true');
    assert.match((await ask(APP_PUBLIC_KEY)).text, /Unknown delegator/);
    await postgres.query(
      'provider',
      `INSERT INTO delegators VALUES ('${OWN_PUBLIC_KEY}', 'Ours', true)`,
    );
    assert.match((await ask(APP_PUBLIC_KEY)).text, /"healthy":true/, 'the signature is accepted');
    assert.equal((await ask(OWN_PUBLIC_KEY)).status, 404, 'listed, but not enabled');
    await postgres.query('middleman', 'UPDATE providers SET enabled = true, visible = true');
    assert.equal((await ask(OWN_PUBLIC_KEY)).status, 500, 'it cannot be reached');
  });

  test('a sign-in asks the public URL first, and takes no answer for "not bootstrapped"', async () => {
    const reason = async (AUTH_URL: string) => {
      const one = await startWeb({ ...environment, AUTH_URL }, 'middleman');
      const { headers } = await one.get('/api/auth/callback/siwp', { method: 'POST', body: '' });
      one.signal('SIGTERM');
      return headers.get('location')?.split('=').at(-1);
    };
    assert.equal(await reason('http://127.0.0.1:1'), 'AccessDenied');
    assert.equal(await reason(web.url), 'CredentialsSignin');
  });

  async function passes(step: string, values: unknown): Promise<void> {
    const { status, text } = await web.wizard(step, values);
    assert.equal(status, 200, text);
  }

  function workerSettings(): Record<string, string> {
    return {
      SERVICE_NAME: 'middleman-workflows',
      TEMPORAL_URL: temporal.address,
      TEMPORAL_NAMESPACE: 'middleman',
      TEMPORAL_TASK_QUEUE: 'middleman-operations',
      TEMPORAL_WORKFLOW_RETENTION: '604800',
      BOOTSTRAP_POLL_INTERVAL_MS: '100',
    };
  }
});

async function pick(answer: Promise<{ status: number; text: string }>): Promise<[number, string]> {
  const { status, text } = await answer;
  return [status, text];
}
