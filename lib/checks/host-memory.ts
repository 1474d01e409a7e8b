import type { Deployment, Host } from '../deployment.ts';
import { mebibytes } from '../memory.ts';
import type { GroupName, RoleName } from '../profile/roles.ts';
import { sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { fail, lastWords, pass, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/**
 * MiB that the containers of a role want in a small deployment, beside Redis, relayer and miner; as measured by us,
 * rounded up.
 */
const WANTED_MIB: Partial<Record<RoleName, number>> = {
  postgres: 512,
  temporal: 512,
  provider: 1024,
  middleman: 1024,
  'reverse-proxy': 128,
  monitoring: 512,
};
/**
 * MiB for relayer and miner where the profile does not say how much each may use: what upstream's Kubernetes example
 * requests for them (pocket-relay-miner, tilt/k8s, ad37bcb).
 */
const PROCESSES = [
  { name: 'relayer', group: 'relay_relayers', usual: 1024 },
  { name: 'miner', group: 'relay_miners', usual: 512 },
] as const satisfies { name: string; group: GroupName; usual: number }[];
/** MiB for Redis where the profile does not say: the least that the role gives it. */
const REDIS_MIB = 512;
/** What the system and Docker themselves want. */
const SYSTEM_MIB = 512;
const LEAST_AVAILABLE_PERCENT = 5;
/** Redis needs more than its data: buffers, and copies of what changes during a save. */
const LARGEST_REDIS_PERCENT = 75;

/** The memory of a host against what its roles want. */
export function memoryCheck({ deployment, host }: CheckContext): Check {
  const { maxmemory } = deployment.profile.redis;
  const isRedis = host.roles.includes('redis');
  const redis = isRedis ? (maxmemory ? mebibytes(maxmemory) : REDIS_MIB) : 0;
  const relayminer = limitsOn(deployment, host);
  const others =
    host.roles.reduce((sum, role) => sum + (WANTED_MIB[role] ?? 0), SYSTEM_MIB) +
    relayminer.reduce((sum, { wanted }) => sum + wanted, 0);
  const settings = [
    ...(isRedis ? ['redis.maxmemory'] : []),
    ...relayminer.filter(({ given }) => given).map(({ setting }) => setting),
  ];
  return {
    id: 'host.memory',
    group: 'host',
    severity: 'critical',
    title: 'The memory is enough for the roles of the host',
    host,
    probe: sh`grep -E '^(MemTotal|MemAvailable):' /proc/meminfo`,
    fix:
      settings.length > 0
        ? `${settings.join(', ')} in the profile, fewer roles on this host, or more memory`
        : 'fewer roles on this host in the profile, or more memory',
    judge: (result) => memoryVerdict(result, { redis, others }),
  };
}

/** What relayer and miner want of a host, in MiB, those that run there: all that the profile lets them use. */
function limitsOn(deployment: Deployment, host: Host) {
  return PROCESSES.filter(({ group }) =>
    deployment.group(group).some(({ name }) => name === host.name),
  ).map(({ name, usual }) => {
    const given = deployment.profile.relayminer?.[name].memory;
    return {
      setting: `relayminer.${name}.memory`,
      given: given !== undefined,
      wanted: given === undefined ? usual : mebibytes(given),
    };
  });
}

/** Judges two lines of /proc/meminfo. What is wanted is in MiB. */
export function memoryVerdict(
  result: ProbeResult,
  { redis, others }: { redis: number; others: number },
): Verdict {
  if (result.status !== 0) return fail(`/proc/meminfo cannot be read: ${lastWords(result)}`);
  const [total, available] = ['MemTotal', 'MemAvailable'].map((name) =>
    Math.floor(Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(result.output)?.[1]) / 1024),
  ) as [number, number];
  if (!(total > 0) || !(available >= 0)) throw new Error('/proc/meminfo');
  const seen = `${total} MiB, ${available} available`;
  if (redis > (total * LARGEST_REDIS_PERCENT) / 100)
    return fail(
      `${seen}; Redis alone may use ${redis}; wanted: at most ${LARGEST_REDIS_PERCENT} % of it`,
    );
  if (available < (total * LEAST_AVAILABLE_PERCENT) / 100)
    return fail(`${seen}; wanted: ${LEAST_AVAILABLE_PERCENT} % available`);
  return total < redis + others ? warn(`${seen}; wanted: ${redis + others}`) : pass(seen);
}
