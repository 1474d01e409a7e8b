import type { Check, ProbeResult, Verdict } from '../check.ts';
import { rerun } from '../fixes.ts';
import { PORTS } from '../ports.ts';
import { sh } from '../shell.ts';
import { excerpt, fail, lastWords, pass } from '../verdict.ts';
import { compareVersions } from '../versions.ts';
import { type CheckContext, isIn } from './context.ts';

/**
 * Redis, asked in its own protocol. What is wanted is what RelayMiner refuses to start without: version, a memory
 * limit, `noeviction` (pocket-relay-miner, transport/redis/store_health.go, v0.1.x), and that no relay is lost: AOF.
 */
export function redisChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  if (!isIn(context, 'redis_hosts')) return [];
  const { port } = PORTS.redis;
  const again = rerun(deployment, 'redis', host);
  const info = sh`
    exec 6<>/dev/tcp/127.0.0.1/${port}
    printf '*2\r\n$4\r\nAUTH\r\n$%s\r\n%s\r\nINFO\r\nQUIT\r\n' "\${#redis_password}" "$redis_password" >&6
    cat <&6
  `;
  const asked = (
    id: string,
    title: string,
    judge: (info: Map<string, string>) => Verdict,
    fix = again,
  ): Check => ({
    id: `redis.${id}`,
    group: 'redis',
    title,
    host,
    probe: info,
    secrets: ['redis_password'],
    fix,
    judge: (result) => infoVerdict(result, judge),
  });
  return [
    asked(
      'version',
      `Redis is ${deployment.redisFloor} or newer`,
      (values) => {
        // Valkey calls itself 7.2.4 in redis_version for compatibility, and has a field of its own.
        if (values.has('valkey_version')) return fail('it is Valkey, which RelayMiner refuses');
        const version = values.get('redis_version') ?? '';
        return compareVersions(version, deployment.redisFloor) >= 0
          ? pass(version)
          : fail(`${version}; ${deployment.images.relayminer} wants ${deployment.redisFloor}`);
      },
      `images.redis in the profile, then ${again}`,
    ),
    asked(
      'memory',
      'Redis has a memory limit',
      (values) => {
        const limit = Number(values.get('maxmemory'));
        const share = Math.round((100 * Number(values.get('used_memory'))) / limit);
        return limit > 0
          ? pass(`${values.get('maxmemory_human')}, ${share} % used`)
          : fail('maxmemory is 0: it would take what the host has');
      },
      `redis.maxmemory in the profile, then ${again}`,
    ),
    asked('policy', 'Redis evicts nothing', (values) => {
      const policy = values.get('maxmemory_policy');
      return policy === 'noeviction'
        ? pass('noeviction')
        : fail(`maxmemory-policy is ${policy}: relays that were served would be lost unpaid`);
    }),
    asked('aof', 'Redis writes every change to disk', (values) => {
      if (values.get('aof_enabled') !== '1') return fail('appendonly is off');
      const written = values.get('aof_last_write_status');
      return written === 'ok' ? pass('on, last write ok') : fail(`last write: ${written}`);
    }),
    asked('snapshot', 'The last snapshot of Redis succeeded', (values) => {
      const saved = values.get('rdb_last_bgsave_status');
      return saved === 'ok' ? pass('ok') : fail(`rdb_last_bgsave_status: ${saved}`);
    }),
    {
      id: 'redis.password',
      group: 'redis',
      title: 'Redis refuses who has no password',
      host,
      probe: sh`
        exec 6<>/dev/tcp/127.0.0.1/${port}
        printf 'PING\r\nQUIT\r\n' >&6
        cat <&6
      `,
      fix: again,
      judge: (result) => {
        const answer = result.output.split('\r\n')[0] ?? '';
        if (answer.startsWith('-NOAUTH')) return pass('NOAUTH');
        if (answer.startsWith('+PONG')) return fail('it answers anybody');
        return fail(answer ? `not Redis: ${excerpt(answer)}` : `no answer: ${lastWords(result)}`);
      },
    },
  ];
}

/** Judges the answers to AUTH, INFO and QUIT. What did not log in, or is no Redis, has failed. */
export function infoVerdict(
  result: ProbeResult,
  judge: (info: Map<string, string>) => Verdict,
): Verdict {
  const [login = '', ...lines] = result.output.split('\r\n');
  if (login === '') return fail(`no answer: ${lastWords(result)}`);
  if (login !== '+OK') {
    return fail(
      login.startsWith('-')
        ? `the password in use is refused: ${excerpt(login.slice(1))}`
        : `not Redis: ${excerpt(login)}`,
    );
  }
  const fields = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)]] : [];
  });
  if (!lines.includes('# Server')) return fail(`INFO answers: ${excerpt(lines.join(' '))}`);
  return judge(new Map(fields));
}
