/** `pocket-relay-miner`: stand-in for the HA RelayMiner's program, same commands, flags and exit codes. */
import { parseArgs } from 'node:util';
import { reason } from '../shared/log.ts';
import { runRelay } from './client/main.ts';
import { ConfigError } from './config/fields.ts';
import { loadConfig, type Process } from './config/load.ts';
import { readLine } from './line.ts';
import { runMiner } from './miner/main.ts';
import { inspect, target } from './redis-commands.ts';
import { runRelayer } from './relayer/main.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

function validate(process_: Process, args: string[]): void {
  const { values } = parseArgs({ args, options: { config: text } });
  const path = requireConfig(values.config);
  try {
    const { warnings } = loadConfig(process_, path, readLine(process.env), true);
    for (const warning of warnings) console.log(`warning: ${warning}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Error(`config is INVALID: ${error.message}`);
  }
  console.log(`config OK: ${path} would start`);
}

function requireConfig(path: string | undefined): string {
  if (!path) throw new Error('required flag(s) "config" not set');
  return path;
}

async function serve(process_: Process, args: string[]): Promise<void> {
  const line = readLine(process.env);
  const { values } = parseArgs({
    args,
    options: {
      config: text,
      'redis-url': text,
      ...(line === 'released' && { 'strict-config': flag }),
      ...(process_ === 'miner' && { 'consumer-name': text }),
    },
  }) as { values: Record<string, string | boolean | undefined> };
  const path = requireConfig(values.config as string | undefined);
  const { config, warnings } = loadConfig(process_, path, line, values['strict-config'] === true);
  if (values['redis-url']) config.redis.url = values['redis-url'];
  if (values['consumer-name']) config.redis.consumer_name = values['consumer-name'];
  await (process_ === 'relayer' ? runRelayer : runMiner)(config, line, warnings);
}

async function run(args: string[]): Promise<void> {
  const [command, sub] = args;
  if (command === 'version') return console.log('pocket-relay-miner version dev');
  if (command === 'relayer' || command === 'miner')
    return sub === 'validate' ? validate(command, args.slice(2)) : serve(command, args.slice(1));
  if (command === 'relay') return runRelay(args.slice(1));
  if (command === 'redis') {
    const options = {
      config: text,
      redis: text,
      supplier: text,
      pattern: text,
      limit: text,
      all: flag,
    };
    const { values } = parseArgs({ args: args.slice(2), options });
    const lines = await inspect(sub ?? '', target(values.config, values.redis), values);
    return console.log(lines.join('\n'));
  }
  if (command === undefined || command === '--help')
    return console.log(
      'Usage (stand-in): pocket-relay-miner relayer|miner [validate] --config FILE | relay MODE … | redis leader|streams|keys | version',
    );
  throw new Error(`unknown command "${command}" for "pocket-relay-miner"`);
}

try {
  await run(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  process.stderr.write(`Error: ${reason(error)}\n`);
  process.exit(1);
}
