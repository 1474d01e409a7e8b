/**
 * Stand-in for the part of the `temporal` CLI 1.4 that a deployment uses (temporalio/cli,
 * temporalcli/commands.*.go). Commands and flags outside the table are errors, as they would be for a typing slip.
 */
import type { Namespace, QueueType } from '../messages.ts';
import {
  type Arguments,
  type FlagTable,
  parseArguments,
  parseDuration,
  UsageError,
} from './arguments.ts';
import * as requests from './requests.ts';

interface Command {
  flags: FlagTable;
  run(call: { address: string; namespace: string; json: boolean } & Arguments): Promise<void>;
}

const GLOBAL: FlagTable = {
  address: 'value',
  namespace: 'value',
  output: 'value',
  color: 'value',
  'command-timeout': 'value',
};
const ALIASES = { n: 'namespace', o: 'output', t: 'task-queue', q: 'query' };

const printJson = (value: unknown) => console.log(JSON.stringify(value, null, 2));

function printTable(rows: string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function namespaceJson(namespace: Namespace) {
  return {
    namespaceInfo: {
      name: namespace.name,
      state: 'NAMESPACE_STATE_REGISTERED',
      description: namespace.description,
      ownerEmail: namespace.ownerEmail,
      id: namespace.id,
    },
    config: { workflowExecutionRetentionTtl: `${namespace.retentionSeconds}s` },
    replicationConfig: { activeClusterName: 'active', clusters: [{ clusterName: 'active' }] },
  };
}

function printNamespace(namespace: Namespace): void {
  printTable([
    ['NamespaceInfo.Name', namespace.name],
    ['NamespaceInfo.Id', namespace.id],
    ['NamespaceInfo.Description', namespace.description],
    ['NamespaceInfo.OwnerEmail', namespace.ownerEmail],
    ['NamespaceInfo.State', 'Registered'],
    ['Config.WorkflowExecutionRetentionTtl', `${namespace.retentionSeconds / 3600}h0m0s`],
    ['ReplicationConfig.ActiveClusterName', 'active'],
  ]);
}

function namespaceOf(words: string[], namespace: string): string {
  if (words.length > 1) throw new UsageError(`accepts at most 1 arg(s), received ${words.length}`);
  if (words[0] !== undefined && namespace !== 'default') {
    throw new UsageError(
      `namespace was provided as both an argument (${words[0]}) and a flag (-n ${namespace})`,
    );
  }
  return words[0] ?? namespace;
}

function noWords(words: string[], command: string): void {
  if (words.length > 0)
    throw new UsageError(`unknown command "${words[0]}" for "temporal ${command}"`);
}

const COMMANDS: Record<string, Command> = {
  'operator cluster health': {
    flags: {},
    run: async ({ address, json, words }) => {
      noWords(words, 'operator cluster health');
      await requests.checkHealth(address);
      if (json) printJson({ status: 'SERVING' });
      else console.log('SERVING');
    },
  },
  'operator namespace describe': {
    flags: {},
    run: async ({ address, namespace, json, words }) => {
      const found = await requests.describeNamespace(address, namespaceOf(words, namespace));
      if (json) printJson(namespaceJson(found));
      else printNamespace(found);
    },
  },
  'operator namespace list': {
    flags: {},
    run: async ({ address, json, words }) => {
      noWords(words, 'operator namespace list');
      const found = await requests.listNamespaces(address);
      if (json) printJson(found.map(namespaceJson));
      else for (const namespace of found) printNamespace(namespace);
    },
  },
  'operator namespace create': {
    flags: { retention: 'value', description: 'value', email: 'value' },
    run: async ({ address, namespace, words, flags }) => {
      const name = namespaceOf(words, namespace);
      await requests.createNamespace(address, {
        name,
        description: flags.description ?? '',
        ownerEmail: flags.email ?? '',
        retentionSeconds: parseDuration(flags.retention ?? '72h'),
      });
      console.log(`Namespace ${name} successfully registered.`);
    },
  },
  'operator namespace update': {
    flags: { retention: 'value' },
    run: async ({ address, namespace, words, flags }) => {
      const name = namespaceOf(words, namespace);
      if (flags.retention === undefined)
        throw new UsageError('the stand-in updates --retention only');
      await requests.updateNamespace(address, name, parseDuration(flags.retention));
      console.log(`Namespace ${name} update succeeded.`);
    },
  },
  'task-queue describe': {
    flags: { 'task-queue': 'value', 'task-queue-type': 'value' },
    run: async ({ address, namespace, json, words, flags }) => {
      noWords(words, 'task-queue describe');
      const queue = flags['task-queue'];
      if (queue === undefined) throw new UsageError('required flag(s) "task-queue" not set');
      const types: Record<string, QueueType> = { workflow: 1, activity: 2 };
      const wanted = flags['task-queue-type'] ?? '';
      if (wanted !== '' && !Object.hasOwn(types, wanted)) {
        throw new UsageError(`unrecognized task queue type: ${wanted}`);
      }
      await requests.describeNamespace(address, namespace);
      const pollers = [];
      for (const [taskQueueType, type] of Object.entries(types)) {
        if (wanted !== '' && wanted !== taskQueueType) continue;
        for (const poller of await requests.listPollers(address, namespace, queue, type)) {
          pollers.push({
            buildId: 'UNVERSIONED',
            taskQueueType,
            identity: poller.identity,
            lastAccessTime: new Date(poller.lastAccess).toISOString(),
            ratePerSecond: 100000,
          });
        }
      }
      if (json) return printJson({ reachability: null, pollers, stats: [] });
      console.log('Pollers:');
      printTable([
        ['  BuildID', 'TaskQueueType', 'Identity', 'LastAccessTime', 'RatePerSecond'],
        ...pollers.map((one) => [`  ${one.buildId}`, ...Object.values(one).slice(1).map(String)]),
      ]);
    },
  },
  'schedule list': {
    flags: { query: 'value' },
    run: async ({ address, namespace, json, words }) => {
      noWords(words, 'schedule list');
      const schedules = await requests.listSchedules(address, namespace);
      if (json) {
        return printJson(
          schedules.map(({ id, workflowType, intervalSeconds }) => ({
            scheduleId: id,
            info: {
              spec: { interval: [{ interval: `${intervalSeconds}s`, phase: '0s' }] },
              workflowType: { name: workflowType },
            },
          })),
        );
      }
      printTable([
        ['ScheduleId', 'Specification', 'Paused'],
        ...schedules.map(({ id, intervalSeconds }) => [id, `every ${intervalSeconds}s`, 'false']),
      ]);
    },
  },
  'workflow list': {
    flags: { query: 'value', limit: 'value' },
    run: async ({ address, namespace, json, words }) => {
      noWords(words, 'workflow list');
      await requests.listWorkflows(address, namespace);
      if (json) printJson([]);
    },
  },
};

function find(argv: string[]): [string, Command] {
  const name = Object.keys(COMMANDS).find((path) =>
    path.split(' ').every((word, index) => argv[index] === word),
  );
  if (name) return [name, COMMANDS[name] as Command];
  const first = argv.find((argument) => !argument.startsWith('-')) ?? '';
  throw new UsageError(
    `unknown command "${argv.slice(0, 3).join(' ') || first}" for "temporal" (stand-in)`,
  );
}

async function main(argv: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  if (argv[0] === '--version') return console.log('temporal version 1.4.1 (stand-in)');
  const [name, command] = find(argv);
  const rest = argv.slice(name.split(' ').length);
  const unknown = (flag: string) =>
    new UsageError(
      flag.startsWith('--') ? `unknown flag: ${flag}` : `unknown shorthand flag in ${flag}`,
    );
  const parsed = parseArguments(rest, { ...GLOBAL, ...command.flags }, ALIASES, unknown);
  const output = parsed.flags.output ?? 'text';
  if (!['text', 'json', 'jsonl', 'none'].includes(output)) {
    throw new UsageError(`invalid argument "${output}" for "-o, --output" flag`);
  }
  await command.run({
    ...parsed,
    json: output === 'json',
    address: parsed.flags.address ?? (environment.TEMPORAL_ADDRESS || '127.0.0.1:7233'),
    namespace: parsed.flags.namespace ?? (environment.TEMPORAL_NAMESPACE || 'default'),
  });
}

try {
  await main(process.argv.slice(2), process.env);
} catch (error) {
  console.error(`Error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
