import { PORTS } from '../ports.ts';
import { anonymousProbe, type RedisLogin, redisProbe } from '../probes/redis.ts';
import { parseRedisUrl } from '../redis-url.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { logs, mend, rerun } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, skip, warn } from '../validation/verdict.ts';
import { compareVersions } from '../versions.ts';
import { type CheckContext, isIn } from './context.ts';
import { infoVerdict, welcomeRefusal } from './redis-info.ts';
import { externalSentinelChecks, sentinelChecks } from './sentinel.ts';

/**
 * Redis, asked in its own protocol: ours on its own host, a managed one from the hosts that use it. What is wanted is
 * what RelayMiner refuses to start without: version, a memory limit, `noeviction` (pocket-relay-miner,
 * transport/redis/store_health.go, v0.1.x), and that no relay is lost: AOF.
 */
export function redisChecks(context: CheckContext): Check[] {
  const { deployment, host, secrets } = context;
  const { redis, redis_url } = deployment.profile;
  if (isIn(context, 'redis_hosts')) {
    const again = rerun(deployment, 'redis', host);
    const login: RedisLogin = {
      server: { host: '127.0.0.1', port: PORTS.redis.port },
      tls: false,
      password: true,
    };
    return [
      ...serverChecks(context, login, {
        name: 'Redis',
        version: `images.redis in the profile, then ${again}`,
        memory: `redis.maxmemory in the profile, then ${again}`,
        disk: `room on its disk, and the right to write at /data there; why it is so: ${logs(deployment, host, 'redis')}`,
        other: mend(deployment, host, 'redis'),
      }),
      ...sentinelChecks(context, login),
    ];
  }
  if (redis_url === undefined || !isIn(context, 'relay_relayers', 'relay_miners')) return [];
  const { tls, servers, primaryName } = parseRedisUrl(redis_url);
  const login: RedisLogin = {
    server: servers[0]!,
    ...(primaryName !== undefined && { sentinels: { servers, primaryName } }),
    tls,
    ...(redis.user !== undefined && { user: redis.user }),
    password: secrets.find('redis_password') !== undefined,
  };
  const fix = `redis_url (now ${redis_url}), redis.user and secrets.redis_password in the profile, or that Redis`;
  const about = { name: 'The external Redis', version: fix, memory: fix, disk: fix, other: fix };
  return [
    ...serverChecks(context, login, about, true),
    ...externalSentinelChecks(context, login, fix),
  ];
}

/** How the server is called, and what to do about what. */
interface About {
  name: string;
  version: string;
  memory: string;
  disk: string;
  other: string;
}

function serverChecks(
  { deployment, host }: CheckContext,
  login: RedisLogin,
  about: About,
  managed = false,
): Check[] {
  const asked = (
    id: string,
    title: string,
    judge: (info: Map<string, string>) => Verdict,
    fix = about.other,
  ): Check => ({
    id: `redis.${id}`,
    group: 'redis',
    severity: 'critical',
    title,
    host,
    probe: redisProbe(login, 'INFO'),
    ...(login.password && { secrets: ['redis_password'] }),
    // What to change in the profile helps only where Redis answered.
    fix: about.other,
    judge: (result) =>
      infoVerdict(result, (info) => ({ fix, ...judge(info) }), login.password ? '+OK' : '+PONG'),
  });
  return [
    asked(
      'version',
      `${about.name} is ${deployment.redisFloor} or newer`,
      (values) => {
        // Valkey calls itself 7.2.4 in redis_version for compatibility, and has a field of its own.
        if (values.has('valkey_version')) return fail('it is Valkey, which RelayMiner refuses');
        const version = values.get('redis_version') ?? '';
        return compareVersions(version, deployment.redisFloor) >= 0
          ? pass(version)
          : fail(`${version}; ${deployment.images.relayminer} wants ${deployment.redisFloor}`);
      },
      about.version,
    ),
    asked('memory', `${about.name} has a memory limit`, (values) => {
      return Number(values.get('maxmemory')) > 0
        ? pass(`${values.get('maxmemory_human')}`)
        : fail('maxmemory is 0: it would take what the host has');
    }),
    asked('headroom', `${about.name} has room for more relays`, headroomVerdict, about.memory),
    asked('policy', `${about.name} evicts nothing`, (values) => {
      const policy = values.get('maxmemory_policy');
      return policy === 'noeviction'
        ? pass('noeviction')
        : fail(`maxmemory-policy is ${policy}: relays that were served would be lost unpaid`);
    }),
    asked('aof', `${about.name} writes every change to disk`, (values) => {
      // Some managed services keep data in another way, which they do not tell.
      if (values.get('aof_enabled') !== '1')
        return managed
          ? warn('appendonly is off: ask what else keeps it')
          : fail('appendonly is off');
      const written = values.get('aof_last_write_status');
      if (written !== 'ok') return fail(`last write: ${written}`, about.disk);
      const rewritten = values.get('aof_last_bgrewrite_status');
      return rewritten === 'err'
        ? fail('the last rewrite failed: the file only grows', about.disk)
        : pass('on, last write ok');
    }),
    asked(
      'snapshot',
      `The last snapshot of ${about.name.replace(/^The/, 'the')} succeeded`,
      (values) => {
        const saved = values.get('rdb_last_bgsave_status');
        return saved === 'ok' ? pass('ok') : fail(`rdb_last_bgsave_status: ${saved}`);
      },
      about.disk,
    ),
    {
      id: 'redis.login',
      group: 'redis',
      severity: 'critical',
      title: `${about.name} is logged in to as the profile says`,
      host,
      probe: redisProbe(login, 'ACL WHOAMI'),
      ...(login.password && { secrets: ['redis_password'] }),
      fix: about.other,
      judge: (result) => loginVerdict(result, login),
    },
    {
      id: 'redis.password',
      group: 'redis',
      severity: 'critical',
      title: `${about.name} refuses who has no password`,
      host,
      probe: anonymousProbe(login),
      fix: about.other,
      judge: (result) => {
        const answer = result.output.split('\r\n')[0] ?? '';
        if (answer.startsWith('-NOAUTH')) return pass('NOAUTH');
        if (answer.startsWith('+PONG'))
          return login.password
            ? fail('it answers anybody')
            : warn('it answers anybody, and secrets.redis_password says nothing else');
        return fail(answer ? `not Redis: ${excerpt(answer)}` : `no answer: ${lastWords(result)}`);
      },
    },
  ];
}

/** Judges the answers to AUTH, or PING where there is no password, ACL WHOAMI, and QUIT. */
export function loginVerdict(
  result: ProbeResult,
  { user = 'default', tls, password }: Pick<RedisLogin, 'user' | 'tls' | 'password'>,
): Verdict {
  const [welcome = '', head = '', seen = ''] = result.output.split('\r\n');
  const way = `${tls ? 'over TLS' : 'without TLS'}${password ? '' : ', without a password'}`;
  const refused = welcomeRefusal(welcome, password ? '+OK' : '+PONG', result);
  if (refused !== undefined) return fail(`${refused}; wanted: as ${user}, ${way}`);
  // A user need not be allowed to ask who it is, and who it is was told with the password.
  const mute = /^-NOPERM .*'acl\|whoami'/.test(head);
  if (!mute && !head.startsWith('$'))
    return fail(`ACL WHOAMI answers: ${excerpt(head)}; wanted: ${user}`);
  const name = mute ? user : seen;
  return name === user
    ? pass(`as ${name}, ${way}`)
    : fail(`as ${excerpt(name)}, ${way}; wanted: as ${user}`);
}

const MEBIBYTE = 1024 ** 2;
const WORTH_A_LOOK_PERCENT = 80;

/**
 * Judges the memory that is left. Where it is below 1 GiB, or an eighth of a smaller limit, RelayMiner takes no relays
 * (pocket-relay-miner, transport/redis/store_health.go, v0.1.x).
 */
export function headroomVerdict(values: Map<string, string>): Verdict {
  const [limit, used] = [Number(values.get('maxmemory')), Number(values.get('used_memory'))];
  if (!(limit > 0)) return skip('there is no memory limit');
  if (!(used >= 0)) throw new Error('INFO without used_memory');
  const share = Math.round((100 * used) / limit);
  const left = Math.floor((limit - used) / MEBIBYTE);
  const least = Math.min(1024, limit / 8 / MEBIBYTE);
  const evidence = `${share} % used, ${left} MiB left`;
  if (left < least) return fail(`${evidence}; below ${Math.floor(least)} no relay is taken`);
  return share > WORTH_A_LOOK_PERCENT ? warn(evidence) : pass(evidence);
}
