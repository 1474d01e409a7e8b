import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type RelayLoad, relayLoad } from '../fleet/relay-load.ts';
import type { Act } from './breakage.ts';

const PER_SECOND = 60;

let load: RelayLoad | undefined;

/** Relays through the proxy of the lab's host, from when they begin until they end. */
export const relays: Record<'begin' | 'end', Act> = {
  begin: async ({ home, hosts }) => {
    const file = join(home, 'deployments', 'fleet', 'supplier-keys.yaml');
    const { keys } = parse(readFileSync(file, 'utf8')) as { keys: string[] };
    const { address } = hosts.lab!;
    const to = { address, domain: 'relay.lab.internal', supplierKey: keys[0]!, service: 'anvil' };
    load = relayLoad(to, PER_SECOND);
  },
  end: async () => {
    await load?.stop();
  },
};
