/** The metrics port of both processes. */
import http from 'node:http';
import { sendText } from '../shared/http.ts';
import { reason } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { listen } from '../shared/multiplex.ts';

/**
 * Serves `/metrics`, `/health` (always `OK`) and `/ready` (`Ready`, or 503 while `ready` says no).
 * Rejects when the address is taken: both processes exit then.
 */
export async function serveMetrics(
  addr: string,
  metrics: Metrics,
  ready: () => Promise<boolean>,
): Promise<void> {
  const server = http.createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://metrics').pathname;
    if (path === '/metrics') return sendText(response, 200, metrics.render());
    if (path === '/health') return sendText(response, 200, 'OK');
    if (path !== '/ready') return sendText(response, 404, '404 page not found');
    const yes = await ready();
    return sendText(response, yes ? 200 : 503, yes ? 'Ready' : 'Not Ready');
  });
  try {
    await listen(server, addr);
  } catch (error) {
    throw new Error(`failed to start metrics server on ${addr}: ${reason(error)}`);
  }
}
