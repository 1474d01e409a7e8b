/** Stand-in for the Igniter provider's web process, v0.9 (`node apps/provider/server.js`). */
import { createServer } from 'node:http';
import type pg from 'pg';
import { createPool } from './database.ts';
import { createLog, type Log } from './log.ts';
import { route } from './routes.ts';

const { env } = process;

function refuse(message: string): never {
  console.error(`[stand-in provider] ${message}`);
  process.exit(1);
}

/** Only these stop the real process at start; an empty OWNER_IDENTITY or a malformed key does not. */
function checkEnvironment(): Log {
  for (const name of ['OWNER_IDENTITY', 'APP_IDENTITY']) {
    if (env[name] === undefined) refuse(`Error: ${name} environment variable is not set`);
  }
  if (env.MINIMUM_STAKE_BUFFER && !Number.isFinite(Number(env.MINIMUM_STAKE_BUFFER))) {
    refuse('Error: MINIMUM_STAKE_BUFFER must be a number');
  }
  try {
    return createLog(env.SERVICE_NAME || 'provider', env);
  } catch (error) {
    refuse(String(error));
  }
}

const log = checkEnvironment();
let pool: pg.Pool | undefined;
const database = () => {
  pool ??= createPool(env);
  return pool;
};

const server = createServer((request, response) => {
  route({ environment: env, log, database }, request, response).catch((error) => {
    log('error', 'Request failed', { error: String(error) });
    response.destroy();
  });
});

server.on('error', (error) => refuse(String(error)));
server.listen(Number(env.PORT || 3001), env.HOSTNAME || '0.0.0.0', () =>
  log('info', 'This is a stand-in for the Igniter provider, ready', { address: server.address() }),
);

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
