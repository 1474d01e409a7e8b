import type { Check, FleetCheck } from '../check.ts';
import type { Deployment } from '../deployment.ts';
import { backendChecks } from './backends.ts';
import { chainChecks } from './chain.ts';
import type { CheckContext } from './context.ts';
import { dockerChecks } from './docker.ts';
import { exposureChecks } from './exposure.ts';
import { hostChecks } from './host.ts';
import { postgresChecks } from './postgres.ts';
import { providerChecks } from './provider.ts';
import { publicChecks } from './public.ts';
import { redisChecks } from './redis.ts';
import { registryChecks } from './registry.ts';
import { oneLeader, relayminerChecks } from './relayminer.ts';
import { onePrimary } from './sentinel.ts';
import { temporalChecks } from './temporal.ts';

const GROUPS: readonly ((context: CheckContext) => Check[])[] = [
  hostChecks,
  dockerChecks,
  redisChecks,
  postgresChecks,
  temporalChecks,
  providerChecks,
  relayminerChecks,
  backendChecks,
  chainChecks,
  registryChecks,
  publicChecks,
  exposureChecks,
];

/** Everything that is asked of one host, in the order in which a person reads it. */
export function checksOf(context: CheckContext): Check[] {
  return GROUPS.flatMap((group) => group(context));
}

/** What the answers of several hosts settle together. */
export function fleetChecksOf(deployment: Deployment): FleetCheck[] {
  return [...onePrimary(deployment), ...oneLeader(deployment)];
}
