import { mebibytes } from '../memory.ts';
import type { Profile } from '../profile/schema.ts';

/** Where a profile does not say: upstream's compose example for a few suppliers (pocket-relay-miner, v0.1.x). */
const DEFAULT_MEMORY = { relayer: '2gb', miner: '4gb' } as const;
/** Of its memory, where Go's garbage collector begins to work harder. Source: pocket-relay-miner, docs/deploy, v0.1.x. */
const GO_PERCENT = 90;

/**
 * What the relayer or the miner may use, as the stack's `.env` has it: its memory, Go's share of that, and how many
 * processors, which is empty for all of them.
 */
export function processLimits({ relayminer }: Profile, name: 'relayer' | 'miner') {
  const { memory = DEFAULT_MEMORY[name], cpus } = relayminer?.[name] ?? {};
  return {
    [`${name}_memory`]: memory,
    [`${name}_go_memory`]: `${Math.floor((mebibytes(memory) * GO_PERCENT) / 100)}MiB`,
    [`${name}_cpus`]: cpus === undefined ? '' : String(cpus),
  };
}
