/** Health answers of the relayer, on its health port and on the ingress port. */
import http from 'node:http';
import { sendJson, sendText } from '../../shared/http.ts';
import type { Response } from '../../shared/multiplex.ts';
import type { Context } from './context.ts';

/** Answers `/ready/<service>`; it lists every endpoint of all transports, addresses included, as upstream does. */
export function sendServiceReadiness(context: Context, service: string, response: Response): void {
  const base = { service_id: service, ready: false, block_height: context.height };
  const pools = context.pools.get(service);
  if (!pools) {
    const [status, error] = service ? [404, 'unknown service'] : [400, 'service id is required'];
    sendJson(response, Number(status), { ...base, error });
    return;
  }
  const members = [...pools.values()].flatMap((pool) => pool.members);
  const healthy = members.filter((one) => one.healthy).length;
  const profile = context.config.services[service].pool_profile;
  const limits = context.config.pool_profiles[profile] ?? context.config.http_transport;
  sendJson(response, healthy > 0 ? 200 : 503, {
    ...base,
    ready: healthy > 0,
    pool: {
      profile,
      max_conns_per_host: limits.max_conns_per_host,
      max_idle_conns_per_host: limits.max_idle_conns_per_host,
      idle_conn_timeout_seconds: limits.idle_conn_timeout_seconds,
      in_flight: 0,
      saturation_pct: 0,
    },
    backends: {
      total: members.length,
      healthy,
      endpoints: members.map(({ name, url, healthy }) => ({ name, url, healthy })),
    },
    ...(healthy === 0 && { error: 'no healthy backend' }),
  });
}

/** Makes the server of the health port. */
export function healthServer(context: Context): http.Server {
  return http.createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://health').pathname;
    if (path === '/health') return sendText(response, 200, 'OK');
    if (path === '/ready') {
      const waiting = context.line === 'released' && !context.priced;
      return waiting
        ? sendText(response, 503, 'no service factor manifest: the miner has not published one yet')
        : sendText(response, 200, 'READY');
    }
    if (path.startsWith('/ready/'))
      return sendServiceReadiness(context, decodeURIComponent(path.slice(7)), response);
    return sendText(response, 404, '404 page not found');
  });
}
