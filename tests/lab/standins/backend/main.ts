/**
 * Stand-in for a service backend: an EVM-like JSON-RPC server. HTTP and WebSocket on 8545 (PORT), `/health`,
 * server-sent events on `/events?count=n`, EVM_CHAIN_ID (decimal, default 1). A request header
 * `x-standin-delay-ms` holds the answer back, `x-standin-status` sets its status, for drain and failure tests.
 */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody, sendJson } from '../shared/http.ts';
import { logger } from '../shared/log.ts';
import { listen } from '../shared/multiplex.ts';
import { acceptWebSocket } from '../shared/websocket.ts';
import { answer, methods } from './json-rpc.ts';

const log = logger('json-rpc-backend');
const chainId = Number(process.env.EVM_CHAIN_ID ?? '1');
const port = Number(process.env.PORT ?? '8545');
if (!Number.isSafeInteger(chainId) || chainId <= 0) {
  process.stderr.write('Error: stand-in backend: EVM_CHAIN_ID must be a decimal chain id\n');
  process.exit(1);
}
const table = methods(chainId);

async function events(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const count = Number(
    new URL(request.url ?? '/', 'http://backend').searchParams.get('count') ?? 3,
  );
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  for (let i = 1; i <= count && !response.destroyed; i++) {
    response.write(`data: {"event":${i},"of":${count}}\n\n`);
    await sleep(150);
  }
  response.end();
}

const server = http.createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://backend').pathname;
  if (path === '/health') return sendJson(response, 200, { status: 'ok', standin: true });
  if (path === '/events') return events(request, response);
  if (request.method !== 'POST') return sendJson(response, 405, { error: 'use POST' });
  const body = (await readBody(request, 16 * 1024 * 1024)).toString();
  await sleep(Number(request.headers['x-standin-delay-ms'] ?? 0));
  response.setHeader('x-standin-authorization', request.headers.authorization ?? '');
  const status = Number(request.headers['x-standin-status'] ?? 200);
  const result = answer(table, body);
  if (result === undefined) return response.writeHead(204).end();
  return sendJson(response, status, result);
});
server.on('upgrade', (request, stream, head) => {
  const socket = acceptWebSocket(request, stream, head);
  socket.on('message', (data) => {
    const result = answer(table, data.toString());
    if (result !== undefined) socket.send(JSON.stringify(result));
  });
});

await listen(server, `:${port}`);
log.info('stand-in backend serves; there is no blockchain behind it', { port, chain_id: chainId });
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));
