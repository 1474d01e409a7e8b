import type { Deployment } from '../deployment.ts';
import { PRIMARY_NAME } from '../endpoints.ts';
import { PORTS } from '../ports.ts';
import { type RedisLogin, redisProbe, sentinelProbe } from '../probes/redis.ts';
import { lines, sh } from '../shell.ts';
import type { Check, FleetCheck, ProbeResult, Verdict } from '../validation/check.ts';
import { logs, mend, rerun, restart } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { infoVerdict } from './redis-info.ts';

const PRIMARY = 'redis.primary';
/** How far a replica may be behind before the primary takes no writes, in seconds (scripts/redis.mjs). */
const MOST_LAG_SECONDS = 10;

/** One of several Redis and its Sentinel, asked on their host. */
export function sentinelChecks(context: CheckContext, login: RedisLogin): Check[] {
  const { deployment, host } = context;
  const all = deployment.publishers('sentinel');
  if (!all.includes(host)) return [];
  const others = all.filter(({ name }) => name !== host.name);
  const own = { host: '127.0.0.1', port: PORTS.sentinel.port };
  const about = { group: 'redis', severity: 'critical', host } as const;
  const info = redisProbe(login, 'INFO');
  return [
    {
      ...about,
      id: 'redis.quorum',
      title: 'The Sentinels can agree on a new primary',
      probe: lines(
        sentinelProbe(own, `CKQUORUM ${PRIMARY_NAME}`, 1),
        sentinelProbe(own, `SENTINELS ${PRIMARY_NAME}`, 1),
      ),
      fix: mend(deployment, all, 'sentinel'),
      judge: (result) => quorumVerdict(result, all.length),
    },
    {
      ...about,
      id: PRIMARY,
      title: 'Redis is what its Sentinel says',
      probe: lines(sentinelProbe(own, `get-master-addr-by-name ${PRIMARY_NAME}`, 5), info),
      secrets: ['redis_password'],
      fix: rerun(deployment, 'redis', host),
      judge: (result) => primaryVerdict(result, host.privateAddress ?? ''),
    },
    {
      ...about,
      id: 'redis.replication',
      title: 'Redis is in step with the others',
      probe: info,
      secrets: ['redis_password'],
      fix: mend(deployment, host, 'redis'),
      judge: (result) =>
        infoVerdict(result, (values) => ({
          fix:
            values.get('role') === 'slave'
              ? // Its role would wait for it to follow.
                `${restart(deployment, host, 'redis')}; why it is so: ${logs(deployment, host, 'redis')}`
              : mend(deployment, others, 'redis'),
          ...replicationVerdict(values, others.length),
        })),
    },
    {
      ...about,
      id: 'redis.min-replicas',
      title: 'A primary without replicas takes no writes',
      probe: redisProbe(login, 'CONFIG GET min-replicas-*'),
      secrets: ['redis_password'],
      fix: mend(deployment, host, 'redis'),
      judge: minReplicasVerdict,
    },
  ];
}

/**
 * The Sentinels of somebody else, asked from a host that uses them: each of those that are named, and the primary that
 * they name about its replicas.
 */
export function externalSentinelChecks(
  { host }: CheckContext,
  login: RedisLogin,
  fix: string,
): Check[] {
  const { sentinels } = login;
  if (!sentinels) return [];
  const { servers, primaryName } = sentinels;
  const about = { group: 'redis', severity: 'critical', host, fix } as const;
  return [
    {
      ...about,
      id: 'redis.quorum',
      title: 'The external Sentinels can agree on a new primary',
      probe: lines(
        ...servers.map(
          (server) => sh`
            (
              ${sentinelProbe(server, `CKQUORUM ${primaryName}`, 1)}
            ) || echo`,
        ),
      ),
      judge: (result) =>
        externalQuorumVerdict(
          result,
          servers.map((server) => `${server.host}:${server.port}`),
        ),
    },
    {
      ...about,
      id: 'redis.replication',
      title: 'The replicas of the external Redis keep up',
      probe: redisProbe(login, 'INFO'),
      ...(login.password && { secrets: ['redis_password'] }),
      judge: (result) =>
        infoVerdict(result, externalReplicationVerdict, login.password ? '+OK' : '+PONG'),
    },
  ];
}

/** What only the Sentinels of all hosts together can tell: whether there is one primary. */
export function onePrimary(deployment: Deployment): FleetCheck[] {
  const hosts = deployment.publishers('sentinel');
  if (hosts.length === 0) return [];
  return [
    {
      id: 'redis.one-primary',
      group: 'redis',
      severity: 'critical',
      title: 'All Sentinels name one primary, and there is no other',
      of: PRIMARY,
      hosts,
      fix: mend(deployment, hosts, 'sentinel'),
      judge: (results) => onePrimaryVerdict([...results.values()]),
    },
  ];
}

/** Judges the answer to CKQUORUM, and the head of that to SENTINELS, which counts the others. */
export function quorumVerdict(result: ProbeResult, hosts: number): Verdict {
  const [quorum = '', others = ''] = result.output.split('\n');
  if (quorum === '') return fail(`no answer: ${lastWords(result)}`);
  if (!quorum.startsWith('+OK')) return fail(excerpt(quorum.replace(/^-/, '')));
  const usable = Number(/^\+OK (\d+)/.exec(quorum)?.[1]);
  const evidence = `${usable} of ${hosts} Sentinels can be asked`;
  if (!/^\*\d+$/.test(others)) return fail(`SENTINELS answers: ${excerpt(others)}`);
  const known = Number(others.slice(1)) + 1;
  if (known > hosts) return warn(`it knows ${known} Sentinels; the profile has ${hosts}`);
  return usable >= hosts ? pass(evidence) : warn(evidence);
}

/** Judges the answers of these Sentinels to CKQUORUM, a line each, which is empty where one does not answer. */
export function externalQuorumVerdict(result: ProbeResult, servers: readonly string[]): Verdict {
  const answers = result.output.split('\n').slice(0, servers.length);
  const good = answers.filter((answer) => answer.startsWith('+OK'));
  const refusal = answers.find((answer) => answer.startsWith('-'));
  if (refusal !== undefined) return fail(excerpt(refusal.slice(1)));
  if (good.length === 0) return fail(`no answer: ${lastWords(result)}`);
  const silent = servers.filter((_, index) => !answers[index]?.startsWith('+OK'));
  return silent.length > 0
    ? warn(`${excerpt(good[0]!.slice(1))}; without an answer of ${silent.join(', ')}`)
    : pass(excerpt(good[0]!.slice(1)));
}

/** Judges INFO of a primary of somebody else, whose replicas are as many as it knows of. */
export function externalReplicationVerdict(values: Map<string, string>): Verdict {
  const role = values.get('role');
  if (role !== 'master') return fail(`the Sentinels name one that is a ${role}; wanted: a primary`);
  const replicas = Number(values.get('connected_slaves'));
  if (!(replicas > 0))
    return warn('0 replicas; wanted: 1 and more, without which nobody takes over');
  const { good, evidence } = replicasThatKeepUp(values, replicas);
  return good < replicas ? warn(evidence) : pass(evidence);
}

/** What a host's Sentinel and Redis say: the primary, and what this Redis is. Undefined when the Sentinel did not tell. */
function readPrimary(result: ProbeResult): { primary: string; redis: string } | undefined {
  const [head, , primary, ...rest] = result.output.split('\n');
  if (head !== '*2' || !primary) return undefined;
  return { primary, redis: rest.slice(2).join('\n') };
}

/** Judges whether a Redis at this address is what its Sentinel says: the primary, or a replica of that one. */
export function primaryVerdict(result: ProbeResult, address: string): Verdict {
  const seen = readPrimary(result);
  if (!seen) return fail(`the Sentinel names no primary: ${lastWords(result)}`);
  const { primary, redis } = seen;
  return infoVerdict({ ...result, output: redis }, (values) => {
    const role = values.get('role');
    if (primary === address) {
      return role === 'master'
        ? pass('the primary')
        : fail(`its Sentinel takes it for the primary, and it is a replica`);
    }
    if (role !== 'slave') return fail(`it is a second primary; its Sentinel names ${primary}`);
    const followed = values.get('master_host');
    return followed === primary
      ? pass(`a replica of ${primary}`)
      : fail(`it follows ${followed}; its Sentinel names ${primary}`);
  });
}

/** Judges INFO: a replica is linked to its primary, and a primary has these many replicas that keep up. */
export function replicationVerdict(values: Map<string, string>, replicas: number): Verdict {
  if (values.get('role') === 'slave') {
    const link = values.get('master_link_status');
    const seconds = Number(values.get('master_last_io_seconds_ago'));
    if (link !== 'up') return fail(`its link to the primary is ${link}; wanted: up`);
    return seconds > MOST_LAG_SECONDS
      ? fail(
          `it has not heard of the primary for ${seconds} s; wanted: at most ${MOST_LAG_SECONDS} s`,
        )
      : pass(`linked to ${values.get('master_host')}, heard ${seconds} s ago`);
  }
  const { good, evidence } = replicasThatKeepUp(values, replicas);
  if (good === 0) return fail(`${evidence}: it takes no writes`);
  return good < replicas ? warn(evidence) : pass(evidence);
}

/** How many of so many replicas keep up, as INFO of their primary tells. */
function replicasThatKeepUp(
  values: Map<string, string>,
  replicas: number,
): { good: number; evidence: string } {
  const lags = [...values]
    .filter(([name]) => /^slave\d+$/.test(name))
    .filter(([, text]) => text.includes('state=online'))
    .map(([, text]) => Number(/lag=(-?\d+)/.exec(text)?.[1] ?? Number.NaN));
  const good = lags.filter((lag) => lag >= 0 && lag <= MOST_LAG_SECONDS);
  const lag = good.length > 0 ? `, lag ${Math.max(...good)} s` : '';
  const wanted = good.length < replicas ? `; wanted: all, at most ${MOST_LAG_SECONDS} s` : '';
  return {
    good: good.length,
    evidence: `${good.length} of ${replicas} replicas keep up${lag}${wanted}`,
  };
}

/** Judges the answers to AUTH and CONFIG GET. */
export function minReplicasVerdict(result: ProbeResult): Verdict {
  const [login = '', ...rest] = result.output.split('\r\n');
  if (login !== '+OK') return fail(login ? excerpt(login) : `no answer: ${lastWords(result)}`);
  const value = (name: string) => Number(rest[rest.indexOf(name) + 2] ?? Number.NaN);
  if (!rest.includes('min-replicas-to-write')) return fail(excerpt(rest.join(' ')));
  const [least, lag] = [value('min-replicas-to-write'), value('min-replicas-max-lag')];
  return least >= 1 && lag >= 1
    ? pass(`at least ${least}, at most ${lag} s behind`)
    : fail(`min-replicas-to-write is ${least}: a failover would lose what was acknowledged`);
}

/** Judges the answers of every host together. */
export function onePrimaryVerdict(results: readonly ProbeResult[]): Verdict {
  const seen = results.map(readPrimary);
  const named = [...new Set(seen.map((one) => one?.primary ?? 'nobody'))];
  const primaries = seen.filter((one) => one && /(?:^|\r\n)role:master\r\n/.test(one.redis)).length;
  if (named.length > 1 || named[0] === 'nobody') return fail(`they name ${named.join(' and ')}`);
  return primaries === 1
    ? pass(`${named[0]}, named by all ${results.length}`)
    : fail(`they name ${named[0]}, and ${primaries} Redis say that they are the primary`);
}
