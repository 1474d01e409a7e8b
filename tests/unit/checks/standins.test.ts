import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { postgresChecks } from '../../../lib/checks/postgres.ts';
import { providerChecks } from '../../../lib/checks/provider.ts';
import { relayminerChecks } from '../../../lib/checks/relayminer.ts';
import { temporalChecks } from '../../../lib/checks/temporal.ts';
import type { Finding } from '../../../lib/validation/check.ts';
import { minerConfig, privateKeys, relayerConfig } from '../standins/configs.ts';
import {
  canConnect,
  eventually,
  freePort,
  missing,
  scratchFile,
  startChain,
  startRedis,
  startRelayminer,
} from '../standins/harness.ts';
import { endPrograms, IGNITER, run } from '../standins/program.ts';
import { startWeb, webEnvironment } from '../standins/provider.ts';
import { startTemporal, temporalEnvironment } from '../standins/temporal.ts';
import {
  skipReason,
  type TemporaryPostgres,
  temporaryPostgres,
} from '../standins/temporary-postgres.ts';
import { ask } from './ask.ts';
import { labContext } from './deployment.ts';
import { moved } from './moved.ts';

const told = (findings: Record<string, Finding>) =>
  Object.fromEntries(
    Object.values(findings).map(({ id, verdict, evidence }) => [id, `${verdict}: ${evidence}`]),
  );

describe('PostgreSQL, Temporal and the Provider', { skip: skipReason, timeout: 120_000 }, () => {
  let postgres: TemporaryPostgres;
  before(async () => {
    postgres = await temporaryPostgres();
    await postgres.query('postgres', 'CREATE DATABASE provider');
  });
  after(() => {
    endPrograms();
    postgres.remove();
  });

  test('PostgreSQL is told by its own protocol', async () => {
    const [reachable] = moved(postgresChecks(labContext()), { 5432: postgres.port });
    assert.equal(told(await ask([reachable!]))['postgres.reachable'], 'pass: without TLS');
  });

  test('Temporal answers, and has the namespaces that it has', async () => {
    const temporal = await startTemporal(temporalEnvironment(postgres));
    const checks = moved(temporalChecks(labContext()), {
      7233: Number(temporal.address.split(':')[1]),
    });
    const fresh = told(await ask(checks));
    assert.match(fresh['temporal.reachable']!, /^pass: version \d/);
    assert.equal(
      fresh['temporal.namespace-default'],
      'pass: it keeps finished workflows for 24 hours',
    );
    assert.equal(fresh['temporal.namespace-provider'], 'fail: there is no such namespace');
    await temporal.cli('operator', 'namespace', 'create', 'provider');
    const set = told(await ask(checks));
    assert.match(set['temporal.namespace-provider']!, /^(pass|warn): it keeps finished workflows/);
  });

  test('the Provider, and one with another identity', async () => {
    const context = labContext();
    const environment = webEnvironment(`${postgres.url('provider')}?sslmode=disable`);
    const DATABASE_URL = postgres.url('provider');
    await run(IGNITER, [`${IGNITER}/bin/pnpm`, 'provider:migration:migrate'], { DATABASE_URL });
    const asked = async (APP_IDENTITY: string | undefined) => {
      const web = await startWeb({ ...environment, APP_IDENTITY });
      const port = Number(/"port":"?(\d+)/.exec(web.output())?.[1]);
      const checks = providerChecks(context).filter(({ id }) => id !== 'provider.worker');
      return told(await ask(moved(checks, { 3001: port })));
    };
    const good = await asked(context.secrets.get('app_identity').reveal());
    assert.equal(good['provider.health'], 'pass: 200 {}');
    assert.equal(good['provider.status'], 'pass: 403: the wizard is still to be completed');
    assert.match(good['provider.identity']!, /^pass: 0[23][0-9a-f]{64}$/);
    const other = await asked(environment.APP_IDENTITY);
    assert.match(other['provider.identity']!, /^fail: 0279be66.*; app_identity belongs to 0/);
    const malformed = await asked('not-a-key');
    assert.equal(malformed['provider.health'], 'pass: 200 {}', 'health alone proves little');
    assert.match(malformed['provider.status']!, /^fail: HTTP 500/);
  });
});

test('a relayer and a miner, before and after the miner is there', {
  skip: missing('experimental'),
  timeout: 60_000,
}, async () => {
  const chain = await startChain({ CHAIN_ID: 'pocket-lego-testnet', BLOCK_TIME_SECONDS: '1' });
  const context = labContext({ network: { blockTimeSeconds: 1, rpcUrl: chain.rpcUrl } });
  const secrets = context.secrets.named();
  const password = context.secrets.get('redis_password').reveal();
  const limits = ['--maxmemory', '512mb', '--maxmemory-policy', 'noeviction'];
  const redisPort = await startRedis('experimental', ...limits, '--requirepass', password);
  const redis = { url: `redis://:${password}@127.0.0.1:${redisPort}` };
  const [relays, health, relayerMetrics, minerMetrics] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const at = (port: number) => `127.0.0.1:${port}`;
  const common = { redis, keys: { keys_file: scratchFile(stringify({ keys: [privateKeys[0]] })) } };
  const pocket_node = {
    query_node_rpc_url: chain.rpcUrl,
    query_node_grpc_url: chain.grpcAddress,
    grpc_insecure: true,
  };
  const { services, ...config } = relayerConfig();
  startRelayminer('snapshot', 'relayer', {
    ...config,
    services: { anvil: services.eth },
    ...common,
    pocket_node,
    listen_addr: at(relays),
    health_check: { enabled: true, addr: at(health) },
    metrics: { enabled: true, addr: at(relayerMetrics) },
  });
  await eventually('the relayer listens', () => canConnect(health));
  // Those that are asked in containers need some.
  const asked = relayminerChecks(context).filter(({ id }) => !/-config$|\.version$/.test(id));
  const checks = moved(asked, {
    6379: redisPort,
    8080: relays,
    8081: health,
    9090: relayerMetrics,
    9092: minerMetrics,
  });
  const alone = told(await ask(checks, { secrets }));
  assert.equal(alone['relayminer.relayer-health'], 'pass: OK');
  assert.match(alone['relayminer.relayer-height']!, /^fail: block height 0/);
  assert.match(alone['relayminer.miner-metrics']!, /^fail: no answer/);

  startRelayminer('snapshot', 'miner', {
    ...minerConfig(),
    ...common,
    pocket_node: { ...pocket_node, chain_id: 'pocket-lego-testnet' },
    block_time_seconds: 1,
    metrics: { enabled: true, addr: at(minerMetrics) },
  });
  await eventually('the miner leads', async () => {
    const found = told(await ask(checks.filter(({ id }) => id === 'relayminer.miner-metrics')));
    return found['relayminer.miner-metrics'] === 'pass: it leads';
  });
  const both = told(await ask(checks, { secrets }));
  for (const [id, finding] of Object.entries(both))
    assert.match(finding, /^pass/, `${id} ${finding}`);
  assert.equal(both['relayminer.miner-keys'], 'pass: 1 keys');
  assert.equal(both['relayminer.relayer-keys'], 'pass: 1 keys');
  assert.equal(both['relayminer.miner-ready'], 'pass: Ready');
  assert.match(both['relayminer.relayer-height']!, /; the chain is at \d+$/);
});
