import type { RoleName } from '../profile/roles.ts';
import { sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { fail, lastWords, pass, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/**
 * MiB that the containers of a role want in a small deployment, beside what Redis may keep. Relayer and miner: what
 * upstream's Kubernetes example requests for both (pocket-relay-miner, tilt/k8s, ad37bcb); the rest as measured by us,
 * rounded up.
 */
const WANTED_MIB: Partial<Record<RoleName, number>> = {
  postgres: 512,
  temporal: 512,
  provider: 1024,
  middleman: 1024,
  relayminer: 1536,
  'reverse-proxy': 128,
  monitoring: 512,
};
/** What the system and Docker themselves want. */
const SYSTEM_MIB = 512;
const LEAST_AVAILABLE_PERCENT = 5;
/** Redis needs more than its data: buffers, and copies of what changes during a save. */
const LARGEST_REDIS_PERCENT = 75;

/** The memory of a host against what its roles want. */
export function memoryCheck({ deployment, host }: CheckContext): Check {
  const isRedis = host.roles.includes('redis');
  const redis = isRedis ? mebibytes(deployment.profile.redis.maxmemory) : 0;
  const wanted = host.roles.reduce((sum, role) => sum + (WANTED_MIB[role] ?? 0), SYSTEM_MIB);
  return {
    id: 'host.memory',
    group: 'host',
    severity: 'critical',
    title: 'The memory is enough for the roles of the host',
    host,
    probe: sh`grep -E '^(MemTotal|MemAvailable):' /proc/meminfo`,
    fix: isRedis
      ? 'redis.maxmemory in the profile, fewer roles on this host, or more memory'
      : 'fewer roles on this host in the profile, or more memory',
    judge: (result) => memoryVerdict(result, { redis, others: wanted }),
  };
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
    return fail(`${seen}; Redis alone may use ${redis}`);
  if (available < (total * LEAST_AVAILABLE_PERCENT) / 100) return fail(seen);
  return total < redis + others ? warn(`${seen}; wanted: ${redis + others}`) : pass(seen);
}

/** An amount of memory as Redis reads it, in MiB; 512, the least that the role gives it, where none is named. */
function mebibytes(amount: string | undefined): number {
  const [, digits, unit = ''] = /^(\d+)([a-z]*)$/i.exec(amount ?? '') ?? [];
  if (digits === undefined) return 512;
  const power = 'kmg'.indexOf(unit.charAt(0).toLowerCase()) + 1;
  const base = unit.length === 1 ? 1000 : 1024;
  return Math.floor((Number(digits) * base ** (unit === '' ? 0 : power)) / 1024 ** 2);
}
