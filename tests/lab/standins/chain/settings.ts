/** What the environment says about the stand-in chain. */

export type Settings = {
  chainId: string;
  blockTimeSeconds: number;
  catchingUp: boolean;
  emptyRegistry: boolean;
  stakedSuppliers: Set<string>;
};

function flag(environment: NodeJS.ProcessEnv, name: string): boolean {
  const value = environment[name] ?? 'false';
  if (!['true', 'false'].includes(value))
    throw new Error(`${name} must be true or false, not ${value}`);
  return value === 'true';
}

/**
 * Reads CHAIN_ID (required), BLOCK_TIME_SECONDS (default 2), CATCHING_UP and EMPTY_REGISTRY (true or false),
 * STAKED_SUPPLIERS (operator addresses after commas; nobody is staked without it). Throws on anything else.
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const chainId = environment.CHAIN_ID ?? '';
  if (!/^[a-zA-Z0-9_-]{1,50}$/.test(chainId)) throw new Error('CHAIN_ID is required');
  const blockTimeSeconds = Number(environment.BLOCK_TIME_SECONDS ?? '2');
  if (!(blockTimeSeconds > 0)) throw new Error('BLOCK_TIME_SECONDS must be a number above 0');
  return {
    chainId,
    blockTimeSeconds,
    catchingUp: flag(environment, 'CATCHING_UP'),
    emptyRegistry: flag(environment, 'EMPTY_REGISTRY'),
    stakedSuppliers: new Set((environment.STAKED_SUPPLIERS ?? '').split(',').filter(Boolean)),
  };
}
