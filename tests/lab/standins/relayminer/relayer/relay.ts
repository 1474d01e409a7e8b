/**
 * One relay from bytes to a signed answer. Status codes and reasons: pokt-network/pocket-relay-miner,
 * relayer/proxy.go, v0.1.x and ad37bcb. Of an ordinary relay, ring signature, session and budget are not checked by this
 * stand-in.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { BodyTooLarge, readBody } from '../../shared/http.ts';
import { reason } from '../../shared/log.ts';
import type { Account } from '../../shared/secp256k1.ts';
import { streamMetric } from '../line.ts';
import { type Context, Refusal } from './context.ts';
import { authorization, type BackendAnswer, callGrpc, callHttp, targetUrl } from './forward.ts';
import type { Pool } from './pool.ts';
import {
  decodeHttpPayload,
  decodeRelayRequest,
  encodeHttpResponse,
  type RelayRequest,
  signResponse,
} from './protocol.ts';
import { admitSimulated, type Ticket } from './simulation.ts';

const rpcTypes: Record<string, string> = {
  1: 'grpc',
  2: 'websocket',
  3: 'jsonrpc',
  4: 'rest',
  5: 'cometbft',
  json_rpc: 'jsonrpc',
  comet_bft: 'cometbft',
};

/** The transport that `Rpc-Type` names; without it the service's default. */
export function transport(header: string | string[] | undefined, fallback: string): string {
  const name = String(header ?? '').toLowerCase();
  return rpcTypes[name] ?? (name || fallback);
}

/** A relay that may be served; a simulated one has a ticket. */
export type Admitted = {
  request: RelayRequest;
  supplier: Account;
  type: string;
  pool: Pool;
  ticket?: Ticket;
};

/** Decodes a relay; throws a `Refusal` with 400. */
export function decode(body: Buffer): RelayRequest {
  try {
    return decodeRelayRequest(body);
  } catch (error) {
    throw new Refusal(400, 'invalid_relay_request', `invalid relay request: ${reason(error)}`);
  }
}

/** Finds the signing key of a relay; throws a `Refusal`. */
export function signer(context: Context, request: RelayRequest): Account {
  if (!request.supplier)
    throw new Refusal(400, 'missing_supplier_address', 'missing supplier operator address');
  const supplier = context.keys.get(request.supplier);
  if (supplier) return supplier;
  const why = context.line === 'released' ? 'no_local_signer' : 'response_signer_not_configured';
  throw new Refusal(500, why, `no signing key for supplier ${request.supplier}`);
}

/** Refuses while the store or the prices do not allow relays (released line). */
export function checkStore(context: Context): void {
  if (context.line === 'snapshot') return;
  const stale = Date.now() - context.store.sampledAt > 3000;
  if (!context.store.operable || stale)
    throw new Refusal(
      429,
      'storage_saturated',
      `relay storage is closed: ${context.store.reason || 'stale sample'}`,
    );
  if (!context.priced)
    throw new Refusal(
      503,
      'pricing_unavailable',
      'no service factor manifest: the miner has not published one yet',
    );
}

async function checkRegistry(context: Context, request: RelayRequest, type: string): Promise<void> {
  const entry = await context.redis
    .send('GET', context.names.supplier(request.supplier))
    .catch(() => {
      throw new Refusal(503, 'supplier_inactive', 'supplier registry is unreadable');
    });
  if (entry === null)
    return context.metrics.add('ha_relayer_relays_served_optimistically_total', {
      service_id: request.service,
      rpc_type: type,
    });
  if (JSON.parse(String(entry)).status !== 'active')
    throw new Refusal(503, 'supplier_inactive', `supplier ${request.supplier} is not active`);
}

/** Decides whether a relay is served; throws a `Refusal`. Only HTTP relays are gated on the registry. */
export async function admit(
  context: Context,
  body: Buffer,
  rpcType: string | string[] | undefined,
  gated: boolean,
): Promise<Admitted> {
  const request = decode(body);
  if (!request.service) throw new Refusal(400, 'missing_service_id', 'missing service id');
  if (!context.pools.has(request.service))
    throw new Refusal(404, 'unknown_service', `unknown service ${request.service}`);
  const type = transport(rpcType, context.config.services[request.service].default_backend);
  context.metrics.add('ha_relayer_relays_received_total', {
    service_id: request.service,
    rpc_type: type,
  });
  const supplier = signer(context, request);
  if (request.startHeight <= 0 || request.endHeight < request.startHeight)
    throw new Refusal(400, 'implausible_session_heights', 'implausible session heights');
  checkStore(context);
  if (gated) await checkRegistry(context, request, type);
  return { request, supplier, type, pool: poolOf(context, request, type) };
}

/** Admits a simulated relay, of which only its own checks are asked; throws a `Refusal`. */
export async function admitTicketed(
  context: Context,
  body: Buffer,
  rpcType: string | string[] | undefined,
  keyId: string,
  transportName: 'http' | 'grpc',
): Promise<Admitted> {
  const request = decode(body);
  const { supplier, ticket } = await admitSimulated(context, request, keyId, transportName);
  const type = transport(rpcType, context.config.services[request.service].default_backend);
  try {
    return { request, supplier, type, pool: poolOf(context, request, type), ticket };
  } catch (error) {
    ticket.finish('backend_error');
    throw error;
  }
}

function poolOf(context: Context, { service }: RelayRequest, type: string): Pool {
  const pool = context.pools.get(service)?.get(type);
  if (pool) return pool;
  context.metrics.add('ha_relayer_backend_missing_total', { service_id: service, rpc_type: type });
  throw new Refusal(503, 'backend_missing', `service ${service} has no ${type} backend`);
}

/** Longest time a service may take, in milliseconds. */
export function timeoutMs(context: Context, service: string): number {
  const { timeout_profile: profile } = context.config.services[service];
  const seconds = context.config.timeout_profiles[profile].request_timeout_seconds;
  return (seconds || context.config.default_request_timeout_seconds) * 1000;
}

/** Calls the backend, again on a broken connection up to `max_retries` times; throws a `Refusal`. */
export async function callBackend(context: Context, relay: Admitted, outer: IncomingHttpHeaders) {
  const { request, pool, type } = relay;
  let payload: ReturnType<typeof decodeHttpPayload>;
  try {
    payload = decodeHttpPayload(request.payload);
  } catch (error) {
    throw new Refusal(400, 'invalid_relay_request', `invalid relay payload: ${reason(error)}`);
  }
  const passed = Object.entries(outer).filter(([name]) => name.startsWith('pocket-'));
  const extra = {
    ...Object.fromEntries(passed.map(([name, value]) => [name, String(value)])),
    ...pool.backend.headers,
    ...authorization(pool.backend),
    'pocket-supplier': request.supplier,
    'pocket-service': request.service,
    'pocket-application': request.application,
  };
  const limit = timeoutMs(context, request.service);
  for (let attempt = 0; ; attempt++) {
    const member = pool.pick();
    if (!member) {
      context.metrics.add('ha_relayer_fast_fails_total', { service_id: request.service });
      throw new Refusal(
        503,
        'backend_unhealthy',
        `no healthy ${type} backend for ${request.service}`,
      );
    }
    try {
      const answer =
        type === 'grpc'
          ? await callGrpc(member.url, payload, extra, limit)
          : await callHttp(targetUrl(pool.backend, member.url, payload.url), payload, extra, limit);
      pool.record(member, answer.status < 500);
      return { answer, retries: attempt };
    } catch (error) {
      pool.record(member, false);
      const timedOut = error instanceof Error && error.name === 'AbortError';
      if (!timedOut && attempt < pool.backend.max_retries) continue;
      throw new Refusal(
        502,
        timedOut ? 'backend_timeout' : 'backend_network_error',
        `backend failed: ${reason(error)}`,
      );
    }
  }
}

/** Writes a served relay to the supplier's stream, from where the miner takes it. */
export async function publish(context: Context, request: RelayRequest): Promise<void> {
  const { metrics, names, line, config } = context;
  const stream = names.relays(request.supplier);
  try {
    await context.redis.send(
      ...['XADD', stream, '*', 'service_id', request.service, 'session_id', request.session],
      ...['session_end_height', request.endHeight, 'relay', request.encoded],
    );
    if (line === 'snapshot')
      await context.redis.send('PEXPIRE', stream, config.relay_meter.cache_ttl, 'NX');
    metrics.add('ha_relayer_relays_published_total', {
      service_id: request.service,
      supplier: request.supplier,
    });
    metrics.add(streamMetric(line, 'published_total'), {
      supplier_addr: request.supplier,
      service_id: request.service,
    });
  } catch (error) {
    metrics.add(streamMetric(line, 'publish_errors_total'));
    context.log.error('relay served but not published', { error: reason(error) });
  }
}

/** Largest request and response bodies, in bytes. */
export function bodyLimits(config: Context['config'], service?: string) {
  const own = service ? config.services[service] : {};
  const common = own.max_body_size_bytes || config.default_max_body_size_bytes;
  return {
    request:
      own.max_request_body_size_bytes || config.default_max_request_body_size_bytes || common,
    response:
      own.max_response_body_size_bytes || config.default_max_response_body_size_bytes || common,
  };
}

/** Reads an answer whole; throws a `Refusal` when it breaks or is too large. */
export async function readAnswer(
  context: Context,
  service: string,
  answer: BackendAnswer,
): Promise<Buffer> {
  try {
    return await readBody(answer.body, bodyLimits(context.config, service).response);
  } catch (error) {
    const why = error instanceof BodyTooLarge ? 'body_too_large' : 'backend_network_error';
    throw new Refusal(502, why, `backend failed: ${reason(error)}`);
  }
}

/** Signs an answer below 500 and publishes the relay, unless it is simulated: it is paid. */
export async function sign(
  context: Context,
  relay: Admitted,
  answer: BackendAnswer,
  body: Buffer,
): Promise<Buffer> {
  const payload = encodeHttpResponse(answer.status, answer.headers, body);
  const response = signResponse(relay.request, payload, relay.supplier);
  if (relay.ticket) return response;
  await publish(context, relay.request);
  const labels = {
    service_id: relay.request.service,
    rpc_type: relay.type,
    status_code: String(answer.status),
  };
  context.metrics.add('ha_relayer_relays_served_total', labels);
  return response;
}
