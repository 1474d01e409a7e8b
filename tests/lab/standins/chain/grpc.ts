/**
 * gRPC of the stand-in chain. Field numbers: cosmos/cosmos-sdk, proto/cosmos/base/{tendermint,node}/v1beta1,
 * v0.53; pokt-network/poktroll, proto/pocket/{shared,supplier}, v0.1.35.
 */
import type http2 from 'node:http2';
import { GrpcError, grpcServer, grpcStatus, type Methods } from '../shared/grpc.ts';
import { integer, Message, message, nested, text } from '../shared/protobuf.ts';
import type { Blocks } from './blocks.ts';
import { minimumStake, sharedParams, versions } from './facts.ts';
import { nodeId } from './rpc.ts';
import type { Settings } from './settings.ts';

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
    ['/cosmos.base.node.v1beta1.Service/Config', () => text(1, '0.000001upokt')],
    [
      '/pocket.shared.Query/Params',
      () => {
        const values = Object.values(sharedParams).map((value, i) => integer(i + 1, BigInt(value)));
        return nested(1, message(...values));
      },
    ],
    [
      '/pocket.supplier.Query/Supplier',
      (request: Buffer) => {
        const address = new Message(request).text(1);
        if (!settings.stakedSuppliers.has(address))
          throw new GrpcError(grpcStatus.notFound, `supplier with address "${address}": not found`);
        const stake = message(text(1, minimumStake.denom), text(2, minimumStake.amount));
        return nested(1, message(text(1, address), text(2, address), nested(3, stake)));
      },
    ],
  ]);
  return grpcServer(methods);
}
