import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { type RelayLoad, relayLoad } from '../fleet/relay-load.ts';
import type { Act } from './breakage.ts';

const MANY_PER_SECOND = 60;
/** So many that the counters of relayer and miner do not differ by more than what may be on its way. */
const FEW_PER_SECOND = 4;
const PATIENCE_MILLISECONDS = 30_000;

let load: RelayLoad | undefined;

const begins =
  (perSecond: number): Act =>
  async ({ home, hosts }) => {
    const file = join(home, 'deployments', 'fleet', 'supplier-keys.yaml');
    const { keys } = parse(readFileSync(file, 'utf8')) as { keys: string[] };
    const { address } = hosts.lab!;
    const to = { address, domain: 'relay.lab.internal', supplierKey: keys[0]!, service: 'anvil' };
    load = relayLoad(to, perSecond);
    const { totals } = load;
    const end = Date.now() + PATIENCE_MILLISECONDS;
    while (totals.answered === 0) {
      if (Date.now() > end) throw new Error(`no relay was answered: ${totals.lost[0]?.why}`);
      await sleep(100);
    }
  };

/** Relays through the proxy of the lab's host, from when they begin until they end. */
export const relays: Record<'begin' | 'beginFew' | 'end', Act> = {
  begin: begins(MANY_PER_SECOND),
  beginFew: begins(FEW_PER_SECOND),
  end: async () => {
    await load?.stop();
  },
};
