import { parse } from 'yaml';
import type { Deployment } from '../deployment.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { composeFile } from '../steps/stack.ts';
import { publicProbes } from './public-probes.ts';

/** The file of what follows from the deployment; the others are those of `compose/monitoring/rules`. */
export const DERIVED_RULES = 'deployment.yaml';

/** What a rule file holds. A rule has the one name or the other. */
interface RuleGroups {
  groups: { name: string; rules: { alert?: string; record?: string; expr: string }[] }[];
}

/** Shorter windows than this see too few scrapes to tell anything. */
const SHORTEST_WINDOW_SECONDS = 120;

/** The rule files that a deployment has a use for: a rule about what is not there would never be quiet. */
export function ruleFiles(deployment: Deployment): string[] {
  const { profile, group, publishers } = deployment;
  const [monitor] = group('monitoring_hosts');
  const isPublic = monitor !== undefined && publicProbes(deployment, monitor).length > 0;
  const tellsHealth = monitor !== undefined && deployment.healthTargets(monitor).length > 0;
  return [
    DERIVED_RULES,
    'monitoring.yaml',
    'hosts.yaml',
    ...(group('relay_miners').length > 0 ? ['relayminer.yaml'] : []),
    ...(publishers('redis-exporter').length > 0 ? ['redis.yaml'] : []),
    ...(profile.redis.mode === 'sentinel' ? ['redis-sentinel.yaml'] : []),
    ...(publishers('postgres-exporter').length > 0 ? ['postgres.yaml'] : []),
    ...(tellsHealth ? ['health.yaml'] : []),
    ...(isPublic ? ['public.yaml'] : []),
    // Those of an internal authority live for hours and are renewed all the time.
    ...(isPublic && profile.reverse_proxy.tls !== 'internal' ? ['certificates.yaml'] : []),
  ];
}

/**
 * Recording rules with what the alert rules compare with: how many keys, miners and Redis servers there should be, and how
 * many blocks the relayers have seen in ten block times.
 */
export function derivedRules(deployment: Deployment, secrets: Secrets): RuleGroups {
  const { blockTimeSeconds } = deployment.network;
  const window = Math.max(SHORTEST_WINDOW_SECONDS, Math.ceil(10 * blockTimeSeconds));
  const constants = {
    'pocket:supplier_keys': secrets.supplierKeys.length,
    'pocket:redis_hosts': deployment.group('redis_hosts').length,
  };
  return {
    groups: [
      {
        name: 'deployment',
        rules: [
          ...Object.entries(constants).map(([record, value]) => ({
            record,
            expr: `vector(${value})`,
          })),
          {
            record: 'pocket:relayer_block_height:changes',
            expr: `changes(ha_relayer_current_block_height[${window}s])`,
          },
        ],
      },
    ],
  };
}

/** The names of the rules in each file of {@link ruleFiles}, alerts and records alike. */
export function ruleNames(deployment: Deployment, secrets: Secrets): Map<string, string[]> {
  const contentOf = (file: string): RuleGroups =>
    file === DERIVED_RULES
      ? derivedRules(deployment, secrets)
      : parse(composeFile(`monitoring/rules/${file}`));
  return new Map(
    ruleFiles(deployment).map((file) => [
      file,
      contentOf(file).groups.flatMap(({ rules }) =>
        rules.map(({ alert, record }) => alert ?? record!),
      ),
    ]),
  );
}
