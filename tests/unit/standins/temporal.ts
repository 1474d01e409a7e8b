import { type Program, run, start, TEMPORAL } from './program.ts';
import { freePort, type TemporaryPostgres } from './temporary-postgres.ts';

/** The variables of the server, as a compose file sets them. */
export function temporalEnvironment(postgres: TemporaryPostgres): Record<string, string> {
  return {
    DB: 'postgres12_pgx',
    DB_PORT: String(postgres.port),
    POSTGRES_USER: 'igniter',
    POSTGRES_PWD: postgres.password,
    POSTGRES_SEEDS: '127.0.0.1',
    BIND_ON_IP: '127.0.0.1',
  };
}

/** The server, and its command line tools pointed at it. */
export interface Temporal extends Program {
  address: string;
  cli(...words: string[]): Promise<{ status: number | null; output: string }>;
  tctl(...words: string[]): Promise<{ status: number | null; output: string }>;
}

/** Starts the server on a loopback port of its own. */
export async function startTemporal(environment: Record<string, string>): Promise<Temporal> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const FRONTEND_GRPC_PORT = String(port);
  const program = start(TEMPORAL, ['node', 'server.ts'], { ...environment, FRONTEND_GRPC_PORT });
  await program.saw('Temporal server started');
  const tool =
    (name: string) =>
    (...words: string[]) =>
      run(TEMPORAL, [`${TEMPORAL}/image/bin/${name}`, ...words], {
        TEMPORAL_ADDRESS: address,
        TEMPORAL_CLI_ADDRESS: address,
      });
  return { ...program, address, cli: tool('temporal'), tctl: tool('tctl') };
}
