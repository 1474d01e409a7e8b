/**
 * gRPC of the stand-in chain. Field numbers: cosmos/cosmos-sdk, proto/cosmos/base/{tendermint,node}/v1beta1,
 * v0.53; the same, proto/cosmos/{auth,bank}; pokt-network/poktroll, proto/pocket/{service,shared,supplier}, v0.1.35.
 */
import type http2 from 'node:http2';
import { GrpcError, grpcServer, grpcStatus, type Methods } from '../shared/grpc.ts';
import { integer, Message, message, nested, text } from '../shared/protobuf.ts';
import type { Blocks } from './blocks.ts';
import { minimumStake, services, sharedParams, versions } from './facts.ts';
import { nodeId } from './rpc.ts';
import { endpointsOf, rpcTypes, type Settings } from './settings.ts';

/** The `GetNodeInfoResponse` of a node with this chain id. */
export function nodeInfo(chainId: string): Buffer {
  const node = message(
    nested(1, message(integer(1, 8), integer(2, 11))),
    text(2, nodeId),
    text(3, 'tcp://0.0.0.0:26656'),
    text(4, chainId),
    text(5, versions.cometbft),
    text(7, 'stand-in-pocket-chain'),
    nested(8, message(text(1, 'on'), text(2, 'tcp://0.0.0.0:26657'))),
  );
  const application = message(
    text(1, 'pocket'),
    text(2, 'pocketd'),
    text(3, versions.pocketd),
    text(8, versions.sdk),
  );
  return message(nested(1, node), nested(2, application));
}

/** The `GetSyncingResponse`: an empty message when in sync. */
export function syncing(catchingUp: boolean): Buffer {
  return integer(1, catchingUp ? 1 : 0);
}

function coin(amount: string): Buffer {
  return message(text(1, minimumStake.denom), text(2, amount));
}

function any(type: string, value: Buffer): Buffer {
  return message(text(1, type), nested(2, value));
}

/** A SupplierServiceConfig. */
function serviceConfig(settings: Settings, id: string): Buffer {
  const endpoints = endpointsOf(settings, id).map(({ url, rpcType }) =>
    nested(2, message(text(1, url), integer(2, rpcTypes.indexOf(rpcType)))),
  );
  return message(text(1, id), ...endpoints);
}

/** Makes the gRPC server; every other method answers status 12. */
export function chainGrpcServer(settings: Settings, blocks: Blocks): http2.Http2Server {
  const tendermint = '/cosmos.base.tendermint.v1beta1.Service';
  const methods: Methods = new Map([
    [`${tendermint}/GetNodeInfo`, () => nodeInfo(settings.chainId)],
    [`${tendermint}/GetSyncing`, () => syncing(settings.catchingUp)],
    [
      '/cosmos.base.node.v1beta1.Service/Status',
      () => {
        const { height, time } = blocks.latest();
        const milliseconds = time.getTime();
        const timestamp = message(
          integer(1, Math.floor(milliseconds / 1000)),
          integer(2, (milliseconds % 1000) * 1_000_000),
        );
        return message(integer(2, height), nested(3, timestamp));
      },
    ],
    ['/cosmos.base.node.v1beta1.Service/Config', () => text(1, settings.leastGasPrices)],
    [
      '/pocket.shared.Query/Params',
      () => {
        const values = Object.values(sharedParams).map((value, i) => integer(i + 1, BigInt(value)));
        return nested(1, message(...values));
      },
    ],
    [
      '/pocket.service.Query/Service',
      (request: Buffer) => {
        const id = new Message(request).text(1);
        const service = services.find((one) => one.id === id);
        if (!service) throw new GrpcError(grpcStatus.notFound, `service ID: ${id}: not found`);
        return nested(
          1,
          message(
            text(1, service.id),
            text(2, service.name),
            integer(3, BigInt(service.compute_units_per_relay)),
            text(4, service.owner_address),
          ),
        );
      },
    ],
    [
      '/pocket.supplier.Query/Supplier',
      (request: Buffer) => {
        const address = new Message(request).text(1);
        const supplier = settings.suppliers.get(address);
        if (!supplier)
          throw new GrpcError(grpcStatus.notFound, `supplier with address "${address}": not found`);
        const { stake, services, unstakeSessionEndHeight } = supplier;
        return nested(
          1,
          message(
            text(1, address),
            text(2, address),
            nested(3, coin(stake)),
            ...services.map((id) => nested(4, serviceConfig(settings, id))),
            integer(5, unstakeSessionEndHeight),
          ),
        );
      },
    ],
    [
      '/pocket.supplier.Query/Params',
      () => nested(1, message(nested(1, coin(minimumStake.amount)), nested(2, coin('1')))),
    ],
    [
      '/cosmos.auth.v1beta1.Query/Account',
      (request: Buffer) => {
        const address = new Message(request).text(1);
        const found = settings.accounts.get(address);
        if (!found)
          throw new GrpcError(grpcStatus.notFound, `account ${address} not found: key not found`);
        const number = [...settings.accounts.keys()].indexOf(address) + 1;
        const key = nested(1, Buffer.from(found.publicKey, 'hex'));
        const account = message(
          text(1, address),
          found.publicKey
            ? nested(2, any('/cosmos.crypto.secp256k1.PubKey', key))
            : Buffer.alloc(0),
          integer(3, number),
          integer(4, found.publicKey ? 1 : 0),
        );
        return nested(1, any('/cosmos.auth.v1beta1.BaseAccount', account));
      },
    ],
    [
      '/cosmos.bank.v1beta1.Query/Balance',
      (request: Buffer) => {
        const asked = new Message(request);
        if (asked.text(2) === '') throw new GrpcError(grpcStatus.invalidArgument, 'invalid denom');
        return nested(1, coin(settings.accounts.get(asked.text(1))?.balance ?? '0'));
      },
    ],
  ]);
  return grpcServer(methods);
}
