import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type pg from 'pg';
import { answer, type Routes } from './common-routes.ts';
import type { Context } from './context.ts';
import { createPool } from './database.ts';
import { sendEmpty } from './http.ts';
import { createLog, type Log } from './log.ts';
import { type Wizard, wizard } from './wizard.ts';

const { env } = process;

/** One of the two applications. */
export interface Application {
  name: 'provider' | 'middleman';
  /** Where it listens without PORT. */
  port: number;
  routes: Routes;
  wizard: Wizard;
}

/** Runs the web process of an application (`node apps/<name>/server.js`) until it is told to end. */
export function serve({ name, port, ...application }: Application): void {
  const refuse = (message: string): never => {
    console.error(`[stand-in ${name}] ${message}`);
    process.exit(1);
  };
  const log = checkEnvironment(name, refuse);
  let pool: pg.Pool | undefined;
  const database = () => {
    pool ??= createPool(env);
    return pool;
  };
  const context: Context = { environment: env, log, database };
  const server = createServer((request, response) => {
    route(application, context, request, response).catch((error) => {
      log('error', 'Request failed', { error: String(error) });
      response.destroy();
    });
  });
  server.on('error', (error) => refuse(String(error)));
  server.listen(Number(env.PORT || port), env.HOSTNAME || '0.0.0.0', () =>
    log('info', `This is a stand-in for the Igniter ${name}, ready`, { address: server.address() }),
  );
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
}

/** Only these stop the real process at start; an empty OWNER_IDENTITY or a malformed key does not. */
function checkEnvironment(name: string, refuse: (message: string) => never): Log {
  for (const variable of ['OWNER_IDENTITY', 'APP_IDENTITY']) {
    if (env[variable] === undefined) refuse(`Error: ${variable} environment variable is not set`);
  }
  if (env.MINIMUM_STAKE_BUFFER && !Number.isFinite(Number(env.MINIMUM_STAKE_BUFFER))) {
    refuse('Error: MINIMUM_STAKE_BUFFER must be a number');
  }
  try {
    return createLog(env.SERVICE_NAME || name, env);
  } catch (error) {
    return refuse(String(error));
  }
}

async function route(
  { routes, wizard: steps }: Pick<Application, 'routes' | 'wizard'>,
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? '/';
  if (target.startsWith('//')) {
    return sendEmpty(response, 308, { location: target.replace(/^\/+/, '/') });
  }
  const url = new URL(target, 'http://application');
  if (url.pathname.startsWith('/standin/wizard'))
    return wizard(steps, context, request, response, url);
  return answer(routes, context, request, response, url);
}
