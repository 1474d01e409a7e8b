import { lookup } from 'node:dns/promises';
import type { Http2Server } from 'node:http2';
import { hostname } from 'node:os';
import { GrpcError, grpcServer, grpcStatus } from '../shared/grpc.ts';
import { SetupError, setUpSchema, target, waitForPostgres } from './auto-setup.ts';
import { Pollers } from './pollers.ts';
import { SERVER_VERSION, service } from './service.ts';
import { Store } from './store.ts';

const log = (line: string) => console.log(`[stand-in temporal] ${line}`);

/**
 * The address to listen on: BIND_ON_IP, else what the host name resolves to, so that in a
 * container 127.0.0.1 refuses, as with the real image (temporalio/docker-builds, docker/entrypoint.sh).
 */
async function bindAddress(environment: NodeJS.ProcessEnv): Promise<string> {
  return environment.BIND_ON_IP || (await lookup(hostname(), { family: 4 })).address;
}

async function registerDefaultNamespace(store: Store): Promise<void> {
  try {
    await store.register({
      name: 'default',
      description: 'Default namespace for Temporal Server.',
      ownerEmail: '',
      retentionSeconds: 24 * 3600,
    });
    log('Default namespace default registration complete.');
  } catch (error) {
    if (!(error instanceof GrpcError) || error.code !== grpcStatus.alreadyExists) throw error;
    log('Default namespace default already registered.');
  }
}

async function start(environment: NodeJS.ProcessEnv): Promise<Http2Server> {
  log(`auto-setup, server ${SERVER_VERSION}: this is not Temporal, workflows never run here`);
  const where = target(environment);
  await waitForPostgres(where, Number(environment.STANDIN_POSTGRES_ATTEMPTS || 60), log);
  const store = new Store(await setUpSchema(where));
  if (environment.SKIP_DEFAULT_NAMESPACE_CREATION !== 'true') await registerDefaultNamespace(store);
  const server = grpcServer(service(store, new Pollers()));
  const host = await bindAddress(environment);
  const port = Number(environment.FRONTEND_GRPC_PORT || 7233);
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, host, resolve),
  );
  log(`Temporal server started, frontend on ${host}:${port}.`);
  return server;
}

process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));

try {
  await start(process.env);
} catch (error) {
  console.error(
    `[stand-in temporal] ${error instanceof SetupError ? error.message : String(error)}`,
  );
  process.exit(1);
}
