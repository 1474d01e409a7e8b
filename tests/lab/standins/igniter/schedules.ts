import type { Schedule } from '../temporal/messages.ts';
import type { Log } from './log.ts';

const UNITS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** Schedules: type, variable that overrides the interval, default. */
export type ScheduleTable = readonly (readonly [string, string, string])[];

/** The provider's (pokt-network/igniter, docs/reference/provider/workflows.md, v0.9). */
export const PROVIDER_SCHEDULES: ScheduleTable = [
  ['SupplierStatus', 'SCHEDULE_SUPPLIER_STATUS_INTERVAL', '2m'],
  ['SupplierRemediation', 'SCHEDULE_SUPPLIER_REMEDIATION_INTERVAL', '10s'],
  ['SupplierInitialStake', 'SCHEDULE_SUPPLIER_INITIAL_STAKE_INTERVAL', '10s'],
  ['SupplierAddressGroupMigration', 'SCHEDULE_SUPPLIER_ADDRESS_GROUP_MIGRATION_INTERVAL', '30s'],
  ['GovernanceSync', 'SCHEDULE_GOVERNANCE_SYNC_INTERVAL', '5m'],
  ['ExecutePendingTransactions', 'SCHEDULE_EXECUTE_PENDING_TX_INTERVAL', '10s'],
  ['VerifyPendingTransactions', 'SCHEDULE_VERIFY_PENDING_TX_INTERVAL', '30s'],
];

/** The Middleman's (pokt-network/igniter, apps/middleman-workflows/src/bootstrap.ts, v0.9). */
export const MIDDLEMAN_SCHEDULES: ScheduleTable = [
  ['ProviderStatus', 'SCHEDULE_PROVIDER_STATUS_INTERVAL', '1m'],
  ['ExecutePendingTransactions', 'SCHEDULE_EXECUTE_PENDING_TX_INTERVAL', '10s'],
  ['SupplierStatus', 'SCHEDULE_SUPPLIER_STATUS_INTERVAL', '2m'],
  ['GovernanceSync', 'SCHEDULE_GOVERNANCE_SYNC_INTERVAL', '5m'],
  ['ImportSupplierRecovery', 'SCHEDULE_IMPORT_SUPPLIER_RECOVERY_INTERVAL', '1m'],
  ['VerifyPendingTransactions', 'SCHEDULE_VERIFY_PENDING_TX_INTERVAL', '30s'],
];

function seconds(value: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(value);
  return match ? Number(match[1]) * (UNITS[match[2] as string] as number) : Number.NaN;
}

/** The schedules to keep, on `taskQueue`; an interval that cannot be read is warned about and the default used. */
export function schedulesOf(
  table: ScheduleTable,
  taskQueue: string,
  environment: NodeJS.ProcessEnv,
  log: Log,
): Schedule[] {
  return table.map(([workflowType, variable, fallback]) => {
    const given = environment[variable] || fallback;
    const valid = seconds(given) >= 1;
    if (!valid) log('warning', `Invalid interval in ${variable}, using ${fallback}`, { given });
    return {
      id: `${workflowType}-scheduled`,
      workflowType,
      taskQueue,
      intervalSeconds: seconds(valid ? given : fallback),
    };
  });
}
