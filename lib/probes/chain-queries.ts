import type { GrpcAnswer, GrpcCall } from './grpc.ts';
import { fieldOf, fieldsOf, numberOf, textField } from './protobuf.ts';

/**
 * What the Pocket chain is asked about its node, services, accounts and suppliers, and how its answers are read. Sources:
 * cosmos-sdk, proto/cosmos/auth, bank, base/v1beta1 and base/node, v0.53; poktroll, proto/pocket/service, shared and supplier, v0.1.35.
 */
const NOT_FOUND = 5;
const DENOMINATION = 'upokt';
const BASE_ACCOUNT = '/cosmos.auth.v1beta1.BaseAccount';

/** A call without where it goes. */
export type Query = Pick<GrpcCall, 'method' | 'message'>;

/** Asks for an account, by its address. */
export function accountQuery(address: string): Query {
  return { method: '/cosmos.auth.v1beta1.Query/Account', message: textField(1, address) };
}

/** Asks how much uPOKT an address has. */
export function balanceQuery(address: string): Query {
  const message = Buffer.concat([textField(1, address), textField(2, DENOMINATION)]);
  return { method: '/cosmos.bank.v1beta1.Query/Balance', message };
}

/** Asks for a supplier, by the address of its operator. */
export function supplierQuery(address: string): Query {
  return { method: '/pocket.supplier.Query/Supplier', message: textField(1, address) };
}

/** Asks what holds for every supplier. */
export function supplierParametersQuery(): Query {
  return { method: '/pocket.supplier.Query/Params' };
}

/** Asks for a service, by its id. */
export function serviceQuery(id: string): Query {
  return { method: '/pocket.service.Query/Service', message: textField(1, id) };
}

/** Reads whether the answer to {@link serviceQuery} knows the service; `undefined` where it tells nothing. */
export function isKnownService(answer: GrpcAnswer | undefined): boolean | undefined {
  if (answer?.status === NOT_FOUND) return false;
  return answer?.status === 0 ? true : undefined;
}

/** Asks for the configuration of the node. */
export function nodeConfigQuery(): Query {
  return { method: '/cosmos.base.node.v1beta1.Service/Config' };
}

/**
 * Reads the least gas prices from the answer to {@link nodeConfigQuery}, its field 1, as the node writes them: decimals
 * with their denominations, after commas, and nothing where it has none; `undefined` where it tells nothing.
 */
export function leastGasPricesOf(answer: GrpcAnswer | undefined): string | undefined {
  return answer?.status === 0 ? (fieldOf(answer.response, 1)?.toString() ?? '') : undefined;
}

/** What is known of an account: nothing when it never received anything, no key when it never signed anything. */
export type Account = 'absent' | { publicKey?: string };

/** Reads the answer to {@link accountQuery}; `undefined` where it tells nothing, such as of an account of another kind. */
export function accountOf(answer: GrpcAnswer | undefined): Account | undefined {
  if (answer?.status === NOT_FOUND) return 'absent';
  const any = answer?.status === 0 ? fieldOf(answer.response, 1) : undefined;
  const account = any && fieldOf(any, 2);
  if (!account || fieldOf(any, 1)?.toString() !== BASE_ACCOUNT) return undefined;
  // The field holds an Any, whose value is a PubKey, whose field 1 is the key.
  const key = fieldOf(account, 2);
  const value = key && fieldOf(key, 2);
  const publicKey = value && fieldOf(value, 1)?.toString('hex');
  return publicKey ? { publicKey } : {};
}

/** Reads the answer to {@link balanceQuery}, in uPOKT; `undefined` where it tells nothing. */
export function balanceOf(answer: GrpcAnswer | undefined): number | undefined {
  const coin = answer?.status === 0 ? fieldOf(answer.response, 1) : undefined;
  return coin && amountOf(coin);
}

/** Where a supplier says that relays of one service and transport are answered. */
export interface StakedEndpoint {
  url: string;
  /** The number of an RPCType: 1 GRPC, 2 WEBSOCKET, 3 JSON_RPC, 4 REST, 5 COMET_BFT. */
  rpcType: number;
}

/** A service that a supplier is staked for. */
export interface StakedService {
  id: string;
  endpoints: StakedEndpoint[];
}

/** A supplier as the chain has it. */
export interface Supplier {
  /** uPOKT. */
  stake: number;
  services: StakedService[];
  /** The height at which it leaves; 0 when it stays. */
  leavesAt: number;
}

/**
 * Reads the answer to {@link supplierQuery}; `undefined` where it tells nothing. Of a Supplier, 3 is its stake, 4 its
 * services and 5 the height; of a SupplierServiceConfig, 1 is the id and 2 the endpoints; of a SupplierEndpoint, 1 is
 * the URL and 2 the RPCType (poktroll, proto/pocket/shared/supplier.proto and service.proto, v0.1.35).
 */
export function supplierOf(answer: GrpcAnswer | undefined): Supplier | 'absent' | undefined {
  if (answer?.status === NOT_FOUND) return 'absent';
  const supplier = answer?.status === 0 ? fieldOf(answer.response, 1) : undefined;
  if (!supplier) return undefined;
  const stake = fieldOf(supplier, 3);
  return {
    stake: (stake && amountOf(stake)) ?? 0,
    services: fieldsOf(supplier, 4).map((service) => ({
      id: fieldOf(service, 1)?.toString() ?? '',
      endpoints: fieldsOf(service, 2).map((endpoint) => ({
        url: fieldOf(endpoint, 1)?.toString() ?? '',
        rpcType: numberOf(endpoint, 2),
      })),
    })),
    leavesAt: numberOf(supplier, 5),
  };
}

/** The least stake, in uPOKT, from the answer to {@link supplierParametersQuery}; `undefined` where it tells nothing. */
export function minimumStakeOf(answer: GrpcAnswer | undefined): number | undefined {
  const parameters = answer?.status === 0 ? fieldOf(answer.response, 1) : undefined;
  const coin = parameters && fieldOf(parameters, 1);
  return coin && amountOf(coin);
}

/** The amount of a coin: its field 2, in decimal digits. */
function amountOf(coin: Buffer): number | undefined {
  const text = fieldOf(coin, 2)?.toString() ?? '';
  return /^\d{1,30}$/.test(text) ? Number(text) : undefined;
}
