/** The relay port: HTTP/1.1, h2c, gRPC and WebSocket together. */
import { GrpcError, grpcStatus, type Methods } from '../../shared/grpc.ts';
import { BodyTooLarge, readBody, sendBytes, sendJson } from '../../shared/http.ts';
import { reason } from '../../shared/log.ts';
import {
  type Multiplexed,
  multiplex,
  type Request,
  type Response,
} from '../../shared/multiplex.ts';
import { type Context, Refusal } from './context.ts';
import { sendServiceReadiness } from './health.ts';
import { admit, admitTicketed, bodyLimits, callBackend, readAnswer, sign } from './relay.ts';
import { SimulationRefusal, simulationKey, type Ticket } from './simulation.ts';
import { isStreaming, streamAnswer } from './stream.ts';
import { bridge } from './websocket.ts';

function asRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(500, 'internal_error', reason(error));
}

function refused(context: Context, error: unknown, service: string, type: string): Refusal {
  const refusal = asRefusal(error);
  context.metrics.add('ha_relayer_relays_rejected_total', {
    service_id: service,
    rpc_type: type,
    reason: refusal.reason,
  });
  return refusal;
}

async function readRelay(context: Context, request: Request): Promise<Buffer> {
  try {
    const services = Object.keys(context.config.services);
    const largest = Math.max(...services.map((id) => bodyLimits(context.config, id).request));
    const common = bodyLimits(context.config).request;
    return await readBody(request, context.line === 'snapshot' ? common : largest);
  } catch (error) {
    const [status, why] =
      error instanceof BodyTooLarge
        ? ([413, 'body_too_large'] as const)
        : ([400, 'read_body_error'] as const);
    throw new Refusal(status, why, reason(error));
  }
}

async function serveRelay(context: Context, request: Request, response: Response): Promise<void> {
  let service = '';
  let type = '';
  let ticket: Ticket | undefined;
  const { headers } = request;
  const key = simulationKey(context, headers);
  try {
    const body = await readRelay(context, request);
    const relay =
      key === undefined
        ? await admit(context, body, headers['rpc-type'], true)
        : await admitTicketed(context, body, headers['rpc-type'], key, 'http');
    ticket = relay.ticket;
    service = relay.request.service;
    type = relay.type;
    if (body.length > bodyLimits(context.config, service).request)
      throw new Refusal(413, 'body_too_large', `request body exceeds the limit of ${service}`);
    const { answer, retries } = await callBackend(context, relay, headers);
    if (retries > 0) response.setHeader('Backend-Retries', String(retries));
    if (answer.status < 500 && isStreaming(answer)) {
      await streamAnswer(context, relay, answer, response);
      return ticket?.finish('success');
    }
    const content = await readAnswer(context, service, answer);
    if (answer.status < 500) {
      const signed = await sign(context, relay, answer, content);
      ticket?.finish('success');
      return sendBytes(response, 200, 'application/json', signed);
    }
    if (ticket) ticket.finish('backend_error');
    else
      context.metrics.add('ha_relayer_relays_rejected_total', {
        service_id: service,
        rpc_type: type,
        reason: 'backend_5xx',
      });
    sendBytes(
      response,
      answer.status,
      answer.headers['content-type']?.[0] ?? 'text/plain',
      content,
    );
  } catch (error) {
    ticket?.finish('backend_error');
    const refusal = key === undefined ? refused(context, error, service, type) : asRefusal(error);
    if (response.headersSent) response.destroy();
    else sendJson(response, refusal.status, { error: refusal.message });
  }
}

const grpcCodes: Record<number, number> = {
  400: grpcStatus.invalidArgument,
  404: grpcStatus.notFound,
  429: grpcStatus.resourceExhausted,
  500: grpcStatus.failedPrecondition,
};

function grpcError(refusal: Refusal): GrpcError {
  return new GrpcError(grpcCodes[refusal.status] ?? grpcStatus.unavailable, refusal.message);
}

function grpcMethods(context: Context): Methods {
  return new Map([
    [
      '/pocket.service.RelayService/SendRelay',
      async (body: Buffer, headers) => {
        const key = simulationKey(context, headers);
        let ticket: Ticket | undefined;
        try {
          const relay =
            key === undefined
              ? await admit(context, body, headers['rpc-type'], false)
              : await admitTicketed(context, body, headers['rpc-type'], key, 'grpc');
          ticket = relay.ticket;
          const { answer } = await callBackend(context, relay, headers);
          const content = await readAnswer(context, relay.request.service, answer);
          if (answer.status >= 500)
            throw new Refusal(502, 'backend_5xx', `backend answered ${answer.status}`);
          const signed = await sign(context, relay, answer, content);
          if (ticket) ticket.finish('success');
          else
            context.metrics.add('ha_relayer_grpc_relays_total', {
              service_id: relay.request.service,
            });
          return signed;
        } catch (error) {
          ticket?.finish('backend_error');
          if (error instanceof SimulationRefusal) throw new GrpcError(error.grpc, error.message);
          if (key !== undefined) throw grpcError(asRefusal(error));
          const refusal = refused(context, error, '', 'grpc');
          context.metrics.add('ha_relayer_grpc_relay_errors_total', { reason: refusal.reason });
          throw grpcError(refusal);
        }
      },
    ],
  ]);
}

/** Makes the ingress; the caller listens on its port. */
export function ingress(context: Context): Multiplexed {
  const servers = multiplex((request, response, proto) => {
    context.metrics.add('ha_relayer_inbound_requests_by_proto_total', { proto });
    const path = new URL(request.url ?? '/', 'http://ingress').pathname;
    if (['/health', '/healthz', '/ready'].includes(path) && request.method === 'GET')
      return sendJson(response, 200, { status: 'healthy', block_height: context.height });
    if (path.startsWith('/ready/') && request.method === 'GET')
      return sendServiceReadiness(context, decodeURIComponent(path.slice(7)), response);
    return void serveRelay(context, request, response);
  }, grpcMethods(context));
  servers.http1.on('upgrade', (request, stream, head) => {
    stream.on('error', () => stream.destroy());
    void bridge(context, request, stream, head);
  });
  return servers;
}
