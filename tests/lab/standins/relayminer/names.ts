/** Redis key names. Source: pokt-network/pocket-relay-miner, transport/redis and miner/, v0.1.x and ad37bcb. */

export type Names = ReturnType<typeof names>;

/** The names under a base prefix (`ha` unless configured). */
export function names(prefix: string) {
  return {
    leader: `${prefix}:miner:global_leader`,
    claim: (supplier: string) => `${prefix}:miner:claim:${supplier}`,
    activeMiners: `${prefix}:miner:active`,
    instance: (id: string) => `${prefix}:miner:instance:${id}`,
    relays: (supplier: string) => `${prefix}:relays:${supplier}`,
    group: `${prefix}-miners`,
    supplier: (address: string) => `${prefix}:supplier:${address}`,
    blocks: `${prefix}:events:blocks`,
    currentBlock: `${prefix}:cache:current_block`,
    serviceFactor: (service: string) => `${prefix}:service_factor:service:${service}`,
    defaultServiceFactor: `${prefix}:service_factor:default`,
    replay: (digest: string) => `${prefix}:sim:replay:${digest}`,
    manifest: `${prefix}:service_factor:manifest`,
  };
}
