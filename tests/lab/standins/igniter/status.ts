import type { Context } from './context.ts';
import type { SignedRequest } from './signed.ts';

interface GroupService {
  supplierShare: number | null;
  revShare: { address: string; share: number }[];
}

/** What the provider tells a Middleman about itself (POST /api/status of Igniter v0.9). */
export async function status(context: Context, { settings }: SignedRequest): Promise<unknown> {
  const rows = async <T>(sql: string) => (await context.database().query(sql)).rows as T[];
  const regions = await rows<{ displayName: string }>(
    'SELECT "displayName" FROM regions ORDER BY 1',
  );
  const miners = await rows<{ domain: string }>(
    'SELECT DISTINCT domain FROM relay_miners ORDER BY 1',
  );
  const groups = await rows<{
    id: number;
    name: string;
    private: boolean;
    linkedAddresses: string[];
  }>('SELECT id, name, private, "linkedAddresses" FROM address_groups ORDER BY id');
  const services = await rows<GroupService>(
    'SELECT "supplierShare", "revShare" FROM address_group_services',
  );
  const fees = services.map(({ supplierShare, revShare }) =>
    revShare.reduce((sum, one) => sum + one.share, supplierShare ?? 0),
  );
  return {
    regions: regions.map((one) => one.displayName),
    allowedStakers: groups.flatMap((group) => group.linkedAddresses),
    minimumStake: settings.minimumStake,
    allowPublicStaking: groups.some((group) => !group.private),
    fee: Math.max(0, ...fees),
    feeType: new Set(fees).size > 1 ? 'up_to' : 'fixed',
    domains: miners.map((one) => one.domain),
    healthy: true,
    addressGroups: groups.map(({ id, name }) => ({ id, name })),
    rewardAddresses: settings.rewardAddresses,
    returnSupplierFundsToOwner: false,
  };
}
