import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { type RelayLoad, relayLoad } from '../fleet/relay-load.ts';
import type { Act } from './breakage.ts';

const PER_SECOND = 60;
const PATIENCE_MILLISECONDS = 30_000;

let load: RelayLoad | undefined;

/** Relays through the proxy of the lab's host, from when they begin until they end. */
export const relays: Record<'begin' | 'end', Act> = {
  begin: async ({ home, hosts }) => {
    const file = join(home, 'deployments', 'fleet', 'supplier-keys.yaml');
    const { keys } = parse(readFileSync(file, 'utf8')) as { keys: string[] };
    const { address } = hosts.lab!;
    const to = { address, domain: 'relay.lab.internal', supplierKey: keys[0]!, service: 'anvil' };
    load = relayLoad(to, PER_SECOND);
    const { totals } = load;
    const end = Date.now() + PATIENCE_MILLISECONDS;
    while (totals.answered === 0) {
      if (Date.now() > end) throw new Error(`no relay was answered: ${totals.lost[0]?.why}`);
      await sleep(100);
    }
  },
  end: async () => {
    await load?.stop();
  },
};
