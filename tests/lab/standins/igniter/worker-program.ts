import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { callTemporal } from '../temporal/client.ts';
import { cometNetwork } from './chain.ts';
import { isBootstrapped } from './context.ts';
import { createPool } from './database.ts';
import { createLog, type Log } from './log.ts';
import { type ScheduleTable, schedulesOf } from './schedules.ts';
import { ensureNamespace, ensureSchedules, pollForever } from './temporal.ts';

const { env } = process;

function required(name: string): string {
  const value = env[name];
  if (!value) throw new Error(`Missing required env variable ${name}`);
  return value;
}

async function waitForBootstrap(pool: pg.Pool, log: Log): Promise<void> {
  const interval = Number(env.BOOTSTRAP_POLL_INTERVAL_MS || 5000);
  log('info', 'Waiting for application to be bootstrapped...');
  for (;;) {
    try {
      if (await isBootstrapped(pool)) {
        return log('info', 'Application is bootstrapped. Proceeding with worker setup.');
      }
      log('info', 'Application is not yet bootstrapped. Retrying...');
    } catch (error) {
      log('warning', 'Failed to check bootstrap status. Retrying...', { error: String(error) });
    }
    await sleep(interval);
  }
}

/** The RPC URL of the settings; an empty one is filled from POKT_RPC_URL, once. */
async function rpcUrl(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query('SELECT "pocketRpcUrl" FROM application_settings');
  if (rows[0]?.pocketRpcUrl) return rows[0].pocketRpcUrl;
  const seed = required('POKT_RPC_URL');
  await pool.query('UPDATE application_settings SET "pocketRpcUrl" = $1', [seed]);
  return seed;
}

async function connectToChain(pool: pg.Pool, log: Log): Promise<void> {
  const url = await rpcUrl(pool);
  const network = await cometNetwork(url);
  if (!network) throw new Error(`${url} is not a CometBFT RPC endpoint`);
  log('info', 'Connected to RPC', { url, network });
}

/** The worker of one of the two applications. */
export interface Worker {
  name: 'provider' | 'middleman';
  schedules: ScheduleTable;
  /** Variables without which it ends at once, beside those of Temporal. */
  requires: readonly string[];
}

async function run({ name, schedules, requires }: Worker, log: Log): Promise<void> {
  log('info', `This is a stand-in for the Igniter ${name} worker: it runs no workflows`);
  for (const variable of requires) required(variable);
  const target = {
    address: required('TEMPORAL_URL'),
    namespace: required('TEMPORAL_NAMESPACE'),
    taskQueue: required('TEMPORAL_TASK_QUEUE'),
    identity: `${process.pid}@${hostname()}`,
  };
  const pool = createPool(env);
  await waitForBootstrap(pool, log);
  await connectToChain(pool, log);
  log('info', 'Initializing Temporal worker...');
  await callTemporal(target.address, 'GetSystemInfo', Buffer.alloc(0));
  log('info', 'Temporal worker created');
  log('info', 'Starting bootstrap...');
  await ensureNamespace(target, env.TEMPORAL_WORKFLOW_RETENTION || '3d', log);
  await ensureSchedules(target, schedulesOf(schedules, target.taskQueue, env, log), log);
  log('info', 'Bootstrap completed');
  if (env.SCHEDULE_WATCHDOG_ENABLED === 'false')
    log('info', 'Schedule watchdog disabled (SCHEDULE_WATCHDOG_ENABLED)');
  await Promise.all([
    pollForever(target, 'PollWorkflowTaskQueue', log),
    pollForever(target, 'PollActivityTaskQueue', log),
  ]);
}

/** The start sequence of a workflows worker, v0.9, and its polling. No workflow ever runs. */
export async function work(worker: Worker): Promise<void> {
  const log = createLog(env.SERVICE_NAME || `${worker.name}-workflows`, env);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) {
    // No activity is ever under way, so there is nothing to drain.
    process.on(signal, () => {
      log('info', 'Worker stopped', { signal });
      process.exit(0);
    });
  }
  try {
    await run(worker, log);
  } catch (error) {
    log('fatal', error instanceof Error ? error.message : String(error));
    log('error', 'failed setting up the worker');
    process.exit(1);
  }
}
