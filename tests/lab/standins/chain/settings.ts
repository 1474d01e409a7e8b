/** What the environment says about the stand-in chain. */
import { minimumStake, services } from './facts.ts';

export type Settings = {
  chainId: string;
  blockTimeSeconds: number;
  catchingUp: boolean;
  /** Whether its newest block is an hour old although it is in sync, as where the validators stopped. */
  halted: boolean;
  emptyRegistry: boolean;
  /** Whether REST has only what every Cosmos chain has, as behind a proxy that lets nothing else through. */
  cosmosRestOnly: boolean;
  /** As a node tells them: 18 decimal places each, after commas; empty when there are none. */
  leastGasPrices: string;
  suppliers: Map<string, Supplier>;
  /** Where every supplier is staked with them, by service. */
  endpoints: Map<string, Endpoint[]>;
  accounts: Map<string, Account>;
};

/** A staked supplier. */
export type Supplier = {
  address: string;
  /** uPOKT, in digits. */
  stake: string;
  services: string[];
  /** 0 unless it is unstaking. */
  unstakeSessionEndHeight: number;
};

/** What poktroll calls its transports, in the order of their numbers (proto/pocket/shared/service.proto, v0.1.35). */
export const rpcTypes = ['UNKNOWN_RPC', 'GRPC', 'WEBSOCKET', 'JSON_RPC', 'REST', 'COMET_BFT'];

/** Where relays of a service and transport are answered. */
export type Endpoint = { url: string; rpcType: string };

/** An account that received something once. */
export type Account = {
  address: string;
  /** uPOKT, in digits. */
  balance: string;
  /** 66 hexadecimal digits; empty until it has signed a transaction. */
  publicKey: string;
};

function flag(environment: NodeJS.ProcessEnv, name: string): boolean {
  const value = environment[name] ?? 'false';
  if (!['true', 'false'].includes(value))
    throw new Error(`${name} must be true or false, not ${value}`);
  return value === 'true';
}

/** The entries of a list after commas, each of parts after colons. */
function entries(environment: NodeJS.ProcessEnv, name: string): string[][] {
  return (environment[name] ?? '')
    .split(',')
    .filter(Boolean)
    .map((entry) => entry.split(':'));
}

function digits(name: string, value: string): string {
  if (!/^\d+$/.test(value)) throw new Error(`${name}: ${value} is no amount of uPOKT`);
  return value;
}

/** Prices in the words of cosmos-sdk's DecCoins (types/dec_coin.go, v0.53), which leave out those of zero. */
function gasPrices(name: string, value: string): string {
  const prices = value.split(',').filter(Boolean);
  return prices
    .map((price) => {
      const [, whole, fraction = '', denomination] =
        /^(\d+)(?:\.(\d{1,18}))?([a-z]{3,})$/.exec(price) ?? [];
      if (!denomination) throw new Error(`${name}: ${price} is no price of gas`);
      return `${whole}.${fraction.padEnd(18, '0')}${denomination}`;
    })
    .filter((price) => /^[0.]*[1-9]/.test(price))
    .join(',');
}

/** The ids after +; nobody can be staked for a service that does not exist (poktroll, x/supplier/keeper, v0.1.35). */
function serviceIds(name: string, value: string): string[] {
  const ids = value.split('+').filter(Boolean);
  const unknown = ids.find((id) => !services.some((service) => service.id === id));
  if (unknown !== undefined) throw new Error(`${name}: there is no service ${unknown}`);
  return ids;
}

/** Endpoints by service; the chain takes no other scheme and no other transport (poktroll, x/shared/types, v0.1.35). */
function stakedEndpoints(environment: NodeJS.ProcessEnv): Map<string, Endpoint[]> {
  const endpoints = new Map<string, Endpoint[]>();
  for (const entry of (environment.STAKED_ENDPOINTS ?? '').split(',').filter(Boolean)) {
    const [service = '', rpcType = '', url = ''] = entry.split('=');
    const known = rpcTypes.indexOf(rpcType) > 0 && services.some(({ id }) => id === service);
    if (!known || !/^(https?|wss?):\/\/[^/]/.test(url))
      throw new Error(`STAKED_ENDPOINTS: nobody can be staked with ${entry}`);
    endpoints.set(service, [...(endpoints.get(service) ?? []), { rpcType, url }]);
  }
  return endpoints;
}

/** The endpoints of a service, of which the chain lets nobody stake without. */
export function endpointsOf({ endpoints }: Settings, service: string): Endpoint[] {
  return (
    endpoints.get(service) ?? [{ rpcType: 'JSON_RPC', url: 'https://supplier.standin.invalid' }]
  );
}

/**
 * Reads CHAIN_ID (required), BLOCK_TIME_SECONDS (default 2), CATCHING_UP, HALTED, EMPTY_REGISTRY and COSMOS_REST_ONLY
 * (true or false), MINIMUM_GAS_PRICES (after commas; default 0.000001upokt, none where it is empty),
 * STAKED_SUPPLIERS (`operator address:services after +:uPOKT:height at which it leaves` after commas, where all but the
 * address may be missing; nobody is staked without it), STAKED_ENDPOINTS (`service=RPC type=URL` after commas, which all
 * of them are staked with; JSON_RPC at a name that leads nowhere for a service without one) and ACCOUNTS (`address:uPOKT:public key` after commas, without a
 * key for one that never signed). Throws on anything else.
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
    halted: flag(environment, 'HALTED'),
    emptyRegistry: flag(environment, 'EMPTY_REGISTRY'),
    cosmosRestOnly: flag(environment, 'COSMOS_REST_ONLY'),
    leastGasPrices: gasPrices(
      'MINIMUM_GAS_PRICES',
      environment.MINIMUM_GAS_PRICES ?? '0.000001upokt',
    ),
    endpoints: stakedEndpoints(environment),
    suppliers: new Map(
      entries(environment, 'STAKED_SUPPLIERS').map(
        ([address = '', services = '', stake = minimumStake.amount, height = '0']) => [
          address,
          {
            address,
            services: serviceIds('STAKED_SUPPLIERS', services),
            stake: digits('STAKED_SUPPLIERS', stake),
            unstakeSessionEndHeight: Number(digits('STAKED_SUPPLIERS', height)),
          },
        ],
      ),
    ),
    accounts: new Map(
      entries(environment, 'ACCOUNTS').map(([address = '', balance = '', publicKey = '']) => [
        address,
        { address, balance: digits('ACCOUNTS', balance), publicKey },
      ]),
    ),
  };
}
