/**
 * Stand-in for the Pocket endpoints that provider infrastructure talks to: CometBFT RPC on 26657, REST on 1317,
 * gRPC on 9090, and on 8088 the governance registry and the indexer. No consensus, no state, no transactions.
 * PORT_OFFSET (default 0) is added to every port, for tests that run beside others.
 */
import { logger, reason } from '../shared/log.ts';
import { listen } from '../shared/multiplex.ts';
import { Blocks } from './blocks.ts';
import { chainGrpcServer } from './grpc.ts';
import { registryServer } from './registry.ts';
import { restServer } from './rest.ts';
import { rpcServer } from './rpc.ts';
import { readSettings } from './settings.ts';

const log = logger('pocket-chain');
try {
  const settings = readSettings(process.env);
  const blocks = new Blocks(settings.blockTimeSeconds, settings.catchingUp || settings.halted);
  const offset = Number(process.env.PORT_OFFSET ?? 0);
  const ports = { rpc: 26657, rest: 1317, grpc: 9090, registry: 8088 };
  await listen(rpcServer(settings, blocks), `:${ports.rpc + offset}`);
  await listen(restServer(settings, blocks), `:${ports.rest + offset}`);
  await listen(chainGrpcServer(settings, blocks), `:${ports.grpc + offset}`);
  await listen(registryServer(settings, blocks), `:${ports.registry + offset}`);
  log.info('stand-in chain serves; it is not a Pocket node', {
    chain_id: settings.chainId,
    ...ports,
  });
  process.on('SIGTERM', () => process.exit(0));
  process.on('SIGINT', () => process.exit(0));
} catch (error) {
  process.stderr.write(`Error: stand-in chain: ${reason(error)}\n`);
  process.exit(1);
}
