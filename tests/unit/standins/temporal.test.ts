import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { callUnary, GrpcError } from '../../lab/standins/shared/grpc.ts';
import { endPrograms, run, TEMPORAL } from './program.ts';
import { startTemporal, type Temporal, temporalEnvironment } from './temporal.ts';
import { skipReason, type TemporaryPostgres, temporaryPostgres } from './temporary-postgres.ts';

describe('stand-in Temporal', { skip: skipReason, timeout: 120_000 }, () => {
  let postgres: TemporaryPostgres;
  let temporal: Temporal;
  before(async () => {
    postgres = await temporaryPostgres();
    temporal = await startTemporal(temporalEnvironment(postgres));
  });
  after(() => {
    endPrograms();
    postgres.remove();
  });

  const refusals: [string, Record<string, string>, RegExp][] = [
    ['an unknown driver', { DB: 'postgresql' }, /Unsupported driver specified: 'DB=postgresql'/],
    ['a driver the stand-in lacks', { DB: 'mysql8' }, /postgres12_pgx only/],
    ['no driver, which means Cassandra', { DB: '' }, /postgres12_pgx only/],
    ['no POSTGRES_SEEDS', { POSTGRES_SEEDS: '' }, /POSTGRES_SEEDS env must be set/],
    [
      'PostgreSQL away',
      { DB_PORT: '1', STANDIN_POSTGRES_ATTEMPTS: '2' },
      /Waiting for PostgreSQL.*not reachable/s,
    ],
    [
      'TLS for setting up, which the server has not',
      { POSTGRES_TLS_ENABLED: 'true' },
      /does not support SSL/,
    ],
    ['TLS for the server, which has variables of its own', { SQL_TLS_ENABLED: 'true' }, /SSL/],
    ['a wrong password', { POSTGRES_PWD: 'wrong' }, /password authentication failed/],
  ];
  for (const [what, change, message] of refusals) {
    test(`exits 1 with ${what}`, async () => {
      const environment = { ...temporalEnvironment(postgres), ...change };
      const { status, output } = await run(TEMPORAL, ['node', 'server.ts'], environment);
      assert.equal(status, 1);
      assert.match(output, message);
    });
  }

  test('creates both databases with their schema version', async () => {
    for (const database of ['temporal', 'temporal_visibility']) {
      const rows = await postgres.query(database, 'SELECT db_name FROM schema_version');
      assert.deepEqual(rows, [{ db_name: database }]);
    }
  });

  const commands: [string, number, RegExp][] = [
    ['temporal operator cluster health', 0, /^SERVING$/m],
    ['temporal operator cluster health -o json', 0, /"status": "SERVING"/],
    ['temporal operator namespace describe -n default', 0, /NamespaceInfo.Name +default/],
    [
      'temporal operator namespace describe --namespace nowhere',
      1,
      /Namespace nowhere is not found/,
    ],
    [
      'temporal operator namespace create --namespace short --retention 5m',
      1,
      /valid retention period/,
    ],
    ['temporal operator namespace create --namespace odd --retention never', 1, /invalid duration/],
    [
      'temporal operator namespace create -n provider --retention 72h',
      0,
      /provider successfully registered/,
    ],
    ['temporal operator namespace create -n provider --retention 72h', 1, /already exists/],
    ['temporal operator namespace update -n nowhere --retention 96h', 1, /is not found/],
    ['temporal operator namespace update -n provider --retention 5m', 1, /valid retention period/],
    ['temporal operator namespace update -n provider', 1, /--retention only/],
    ['temporal operator namespace update -n provider --retention 96h', 0, /update succeeded/],
    ['temporal operator namespace describe -n provider', 0, /RetentionTtl\s+96h0m0s/],
    ['temporal operator namespace update -n provider --retention 72h', 0, /update succeeded/],
    ['temporal operator namespace create middleman', 0, /middleman successfully registered/],
    ['temporal operator namespace create one --namespace two', 1, /both an argument/],
    ['temporal operator namespace list', 0, /middleman.*provider/s],
    ['temporal task-queue describe -n provider', 1, /required flag/],
    ['temporal task-queue describe -n nowhere --task-queue q', 1, /not found/],
    [
      'temporal task-queue describe -n provider -t q --task-queue-type odd',
      1,
      /unrecognized task queue type/,
    ],
    ['temporal task-queue describe -n provider --task-queue q -o json', 0, /"pollers": \[\]/],
    ['temporal schedule list -n provider -o json', 0, /\[\]/],
    ['temporal schedule list -n nowhere', 1, /not found/],
    ['temporal workflow list', 0, /^$/],
    ['temporal schedule list --limitt 3', 1, /unknown flag: --limitt/],
    ['temporal schedule list -n', 1, /needs an argument/],
    ['temporal schedule list -o yaml', 1, /invalid argument "yaml"/],
    ['temporal schedules list', 1, /unknown command/],
    ['temporal operator cluster health extra', 1, /unknown command "extra"/],
    ['temporal operator cluster health --address 127.0.0.1:1', 1, /ECONNREFUSED/],
    ['tctl workflow list', 0, /WORKFLOW TYPE/],
    ['tctl cluster health', 0, /SERVING/],
    ['tctl --namespace nowhere workflow list', 1, /not found/],
    ['tctl --adress x workflow list', 1, /flag provided but not defined: -adress/],
    ['tctl cluster wealth', 3, /No help topic/],
    ['tctl --address 127.0.0.1:1 cluster health', 1, /ECONNREFUSED/],
  ];
  for (const [line, status, pattern] of commands) {
    test(`${line} exits ${status}`, async () => {
      const [tool, ...words] = line.split(' ');
      const result = await (tool === 'tctl' ? temporal.tctl(...words) : temporal.cli(...words));
      assert.equal(result.status, status, result.output);
      assert.match(result.output, pattern);
    });
  }

  test('an unknown method ends with gRPC status 12, an unknown health service with 5', async () => {
    const call = (path: string, request: string) =>
      callUnary({
        address: temporal.address,
        path,
        request: Buffer.from(request),
        timeoutMs: 20_000,
      });
    const code = (number: number) => (error: unknown) =>
      error instanceof GrpcError && error.code === number;
    await assert.rejects(
      call('/temporal.api.workflowservice.v1.WorkflowService/Nothing', ''),
      code(12),
    );
    await assert.rejects(call('/grpc.health.v1.Health/Check', '\x0a\x01x'), code(5));
  });

  test('describes a namespace as JSON with its retention', async () => {
    const { output } = await temporal.cli(
      ...'operator namespace describe -n provider -o json'.split(' '),
    );
    const described = JSON.parse(output);
    assert.equal(described.namespaceInfo.name, 'provider');
    assert.equal(described.namespaceInfo.state, 'NAMESPACE_STATE_REGISTERED');
    assert.equal(described.config.workflowExecutionRetentionTtl, '259200s');
  });

  test('answers only on the address it is bound to, and keeps its state over a restart', async () => {
    const other = await run(TEMPORAL, [`${TEMPORAL}/image/bin/tctl`, 'cluster', 'health'], {
      TEMPORAL_CLI_ADDRESS: temporal.address.replace('127.0.0.1', '127.0.0.2'),
    });
    assert.equal(other.status, 1);
    temporal.signal('SIGTERM');
    assert.equal((await temporal.ended()).status, 0);
    temporal = await startTemporal(temporalEnvironment(postgres));
    assert.match(temporal.output(), /default already registered/);
    assert.equal(
      (await temporal.cli('operator', 'namespace', 'describe', '-n', 'provider')).status,
      0,
    );
  });

  test('calls fail with status 14 while PostgreSQL is down, and work again afterwards', async () => {
    postgres.stop();
    const down = await temporal.tctl('workflow', 'list');
    postgres.start();
    assert.equal(down.status, 1);
    assert.equal((await temporal.tctl('workflow', 'list')).status, 0);
  });

  test('a taken port is an error', async () => {
    const FRONTEND_GRPC_PORT = temporal.address.split(':')[1] as string;
    const environment = { ...temporalEnvironment(postgres), FRONTEND_GRPC_PORT };
    const { status, output } = await run(TEMPORAL, ['node', 'server.ts'], environment);
    assert.equal(status, 1);
    assert.match(output, /EADDRINUSE/);
  });
});
