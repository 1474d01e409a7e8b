/** Stand-in for the two commands of tctl 1.18 that a deployment's health checks use. */
import { HEALTH_NAME } from '../messages.ts';
import { parseArguments, UsageError } from './arguments.ts';
import { checkHealth, listWorkflows } from './requests.ts';

const FLAGS = { address: 'value', namespace: 'value', context_timeout: 'value' } as const;
const ALIASES = { ad: 'address', n: 'namespace', ns: 'namespace' };

async function main(argv: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const unknown = (flag: string) =>
    new UsageError(`flag provided but not defined: ${flag.replace(/^--/, '-')}`);
  const { words, flags } = parseArguments(argv, FLAGS, ALIASES, unknown);
  const address = flags.address ?? (environment.TEMPORAL_CLI_ADDRESS || '127.0.0.1:7233');
  const command = words.join(' ');
  if (command === 'workflow list') {
    await listWorkflows(address, flags.namespace ?? 'default');
    console.log(
      '  WORKFLOW TYPE | WORKFLOW ID | RUN ID | TASK QUEUE | START TIME | EXECUTION TIME | END TIME',
    );
  } else if (command === 'cluster health') {
    await checkHealth(address);
    console.log(`${HEALTH_NAME}: SERVING`);
  } else {
    throw new UsageError(`No help topic for '${command}' (stand-in tctl)`, 3);
  }
}

try {
  await main(process.argv.slice(2), process.env);
} catch (error) {
  console.error(`Error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof UsageError ? error.status : 1;
}
