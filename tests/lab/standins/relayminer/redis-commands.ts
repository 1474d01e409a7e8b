/** `redis leader|streams|keys`: the inspection commands that a deployment's runbook uses. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Redis } from '../shared/redis.ts';
import { names } from './names.ts';

/** Where to look: `--redis`, or the URL and namespace of `--config`. */
export type Target = { url: string; prefix: string };

/** Takes the target from a configuration file or a URL; throws when neither is given or the file cannot be read. */
export function target(config: string | undefined, url: string | undefined): Target {
  const file = config ? parse(readFileSync(config, 'utf8')) : {};
  return {
    url: url ?? file?.redis?.url ?? 'redis://localhost:6379',
    prefix: file?.redis?.namespace?.base_prefix ?? 'ha',
  };
}

async function scan(redis: Redis, pattern: string, limit: number): Promise<string[]> {
  const found: string[] = [];
  let cursor = '0';
  do {
    const reply = (await redis.send('SCAN', cursor, 'MATCH', pattern, 'COUNT', 500)) as [
      string,
      string[],
    ];
    cursor = reply[0];
    found.push(...reply[1]);
  } while (cursor !== '0' && found.length < limit);
  return found.slice(0, limit);
}

/** Runs one command and returns its lines; throws when Redis fails or the command is unknown. */
export async function inspect(
  command: string,
  at: Target,
  options: { supplier?: string; pattern?: string; limit?: string },
): Promise<string[]> {
  const redis = await new Redis(at.url).connect();
  const keyNames = names(at.prefix);
  try {
    if (command === 'leader') {
      const holder = await redis.send('GET', keyNames.leader);
      return [
        holder === null
          ? 'no leader'
          : `leader: ${holder} (ttl ${await redis.send('PTTL', keyNames.leader)} ms)`,
      ];
    }
    if (command === 'streams') {
      const pattern = keyNames.relays(options.supplier ?? '*');
      const streams = await scan(redis, pattern, Number(options.limit ?? 10));
      return await Promise.all(
        streams.map(async (stream) => {
          const pending = await redis.send('XPENDING', stream, keyNames.group).catch(() => [0]);
          return `${stream} length=${await redis.send('XLEN', stream)} pending=${(pending as number[])[0]}`;
        }),
      );
    }
    if (command === 'keys')
      return await scan(redis, options.pattern ?? `${at.prefix}:*`, Number(options.limit ?? 100));
    throw new Error(`this stand-in knows redis leader, streams and keys, not "${command}"`);
  } finally {
    redis.close();
  }
}
