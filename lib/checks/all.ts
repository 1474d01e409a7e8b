import type { Deployment } from '../deployment.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Check, DeploymentCheck, FleetCheck, OwnCheck } from '../validation/check.ts';
import { alertPathChecks } from './alert-path.ts';
import { backendChecks } from './backends.ts';
import { certificateChecks } from './certificates.ts';
import { chainChecks } from './chain.ts';
import { gasPriceChecks } from './chain-gas-price.ts';
import { chainServiceChecks } from './chain-services.ts';
import { wizardChecks } from './chain-wizard.ts';
import type { CheckContext } from './context.ts';
import { dnsChecks } from './dns.ts';
import { dockerChecks } from './docker.ts';
import { dockerExposureChecks } from './docker-exposure.ts';
import { exposureChecks } from './exposure.ts';
import { firewallChecks } from './firewall.ts';
import { hostChecks } from './host.ts';
import { MIDDLEMAN, PROVIDER } from './igniter.ts';
import { middlemanChecks } from './middleman.ts';
import { migrationsTogether } from './migrations.ts';
import { monitoringChecks } from './monitoring.ts';
import { neighbourChecks } from './neighbours.ts';
import { outsideChecks } from './outside.ts';
import { postgresChecks } from './postgres.ts';
import { providerChecks } from './provider.ts';
import { publicChecks } from './public.ts';
import { redisChecks } from './redis.ts';
import { registryChecks } from './registry.ts';
import { oneLeader, relayminerChecks, suppliersClaimed } from './relayminer.ts';
import { relayminerFleetChecks } from './relayminer-fleet.ts';
import { outsideRelayChecks } from './relays-outside.ts';
import { secretStoreChecks } from './secret-store.ts';
import { secretChecks } from './secrets.ts';
import { onePrimary } from './sentinel.ts';
import { temporalChecks } from './temporal.ts';
import { walletChecks } from './wallet.ts';

const GROUPS: readonly ((context: CheckContext) => Check[])[] = [
  hostChecks,
  dockerChecks,
  redisChecks,
  postgresChecks,
  temporalChecks,
  providerChecks,
  middlemanChecks,
  relayminerChecks,
  backendChecks,
  chainChecks,
  chainServiceChecks,
  gasPriceChecks,
  wizardChecks,
  registryChecks,
  publicChecks,
  exposureChecks,
  dockerExposureChecks,
  firewallChecks,
  neighbourChecks,
  secretChecks,
  monitoringChecks,
  alertPathChecks,
  walletChecks,
];

/** Everything that is asked of one host, in the order in which a person reads it. */
export function checksOf(context: CheckContext): Check[] {
  return GROUPS.flatMap((group) => group(context));
}

/** What this machine finds out about one host by itself. */
export function ownChecksOf(context: CheckContext): OwnCheck[] {
  return [...certificateChecks(context), ...outsideChecks(context)];
}

/** What this machine finds out about the deployment as a whole. */
export function deploymentChecksOf({
  deployment,
  secrets,
}: Pick<CheckContext, 'deployment' | 'secrets'>): DeploymentCheck[] {
  return [
    ...dnsChecks(deployment),
    ...outsideRelayChecks(deployment),
    ...secretStoreChecks(deployment, secrets),
  ];
}

/** What the answers of several hosts settle together. */
export function fleetChecksOf(deployment: Deployment, secrets: Secrets): FleetCheck[] {
  return [
    ...onePrimary(deployment),
    ...oneLeader(deployment),
    ...suppliersClaimed(deployment, secrets.supplierKeys.length),
    ...relayminerFleetChecks(deployment),
    ...[PROVIDER, MIDDLEMAN].flatMap((one) => migrationsTogether(deployment, one)),
  ];
}
