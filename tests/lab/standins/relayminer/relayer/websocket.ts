/** WebSocket relays: a connection to the backend per client connection, every message a relay. */
import type http from 'node:http';
import type { Duplex } from 'node:stream';
import { reason } from '../../shared/log.ts';
import { acceptWebSocket, connectWebSocket, refuseUpgrade } from '../../shared/websocket.ts';
import { type Context, Refusal } from './context.ts';
import { type RelayRequest, signResponse } from './protocol.ts';
import { checkStore, decode, publish, signer } from './relay.ts';
import { admitSimulated, SimulationRefusal, simulationKey, type Ticket } from './simulation.ts';

const closeCodes = { validationFailed: 4001, backendFailed: 4003 };

/** The service a handshake asks for: its headers, then the forwarded host taken literally, then the path. */
export function requestedService(request: http.IncomingMessage): string {
  const { headers } = request;
  const named =
    headers['target-service-id'] ?? headers['pocket-service-id'] ?? headers['x-forwarded-host'];
  return String(named ?? request.url?.split(/[/?]/)[1] ?? '');
}

/** Answers an upgrade on the ingress port. */
export async function bridge(
  context: Context,
  request: http.IncomingMessage,
  stream: Duplex,
  head: Buffer,
) {
  const service = requestedService(request);
  const pools = context.pools.get(service);
  if (!pools) return refuseUpgrade(stream, 404, `unknown service ${service}`);
  const pool = pools.get('websocket');
  const member = pool?.pick();
  if (!pool || !member)
    return refuseUpgrade(stream, 503, `service ${service} has no websocket backend`);
  const labels = { service_id: service };
  const client = acceptWebSocket(request, stream, head);
  const early: [Buffer, boolean][] = [];
  const collectEarly = (data: Buffer, binary: boolean) => early.push([data, binary]);
  client.on('message', collectEarly);

  let backend: Awaited<ReturnType<typeof connectWebSocket>>;
  try {
    backend = await connectWebSocket(member.url, pool.backend.headers);
    pool.record(member, true);
  } catch (error) {
    pool.record(member, false);
    context.log.warn('websocket backend failed', { service, error: reason(error) });
    return client.close(closeCodes.backendFailed, 'backend failed');
  }
  context.metrics.add('ha_relayer_websocket_connections_total', labels);

  const key = simulationKey(context, request.headers);
  let last: RelayRequest | undefined;
  let ticket: Ticket | undefined;
  const fromClient = async (data: Buffer) => {
    try {
      const relay = decode(data);
      if (relay.service !== service) throw new Refusal(400, 'wrong_service', 'wrong service');
      if (key === undefined) {
        signer(context, relay);
        checkStore(context);
      } else ({ ticket } = await admitSimulated(context, relay, key, 'websocket'));
      last = relay;
      backend.send(relay.payload, false);
      context.metrics.add('ha_relayer_websocket_messages_forwarded_total', {
        ...labels,
        direction: 'backend',
      });
    } catch (error) {
      if (error instanceof SimulationRefusal)
        return client.close(error.close, error.message.slice(0, 100));
      if (!(error instanceof Refusal)) throw error;
      context.metrics.add('ha_relayer_relays_rejected_total', {
        ...labels,
        rpc_type: 'websocket',
        reason: error.reason,
      });
      client.close(closeCodes.validationFailed, error.message.slice(0, 100));
    }
  };
  client.off('message', collectEarly);
  // One after another, since what is simulated is looked up.
  let turn = Promise.resolve();
  const queue = (data: Buffer) => {
    turn = turn.then(() => fromClient(data));
  };
  client.on('message', queue);
  for (const [data] of early) queue(data);

  backend.on('message', (data) => {
    const supplier = last && context.keys.get(last.supplier);
    if (!last || !supplier) return;
    client.send(signResponse(last, data, supplier));
    if (key !== undefined) return ticket?.finish('success');
    context.metrics.add('ha_relayer_websocket_relays_emitted_total', labels);
    void publish(context, last);
  });

  let answered = true;
  client.on('pong', () => {
    answered = true;
  });
  const ping = setInterval(() => {
    if (!answered) return client.close(1001, 'no pong');
    answered = false;
    client.ping();
  }, 27_000);
  client.on('close', () => {
    clearInterval(ping);
    ticket?.finish('backend_error');
    backend.close();
  });
  backend.on('close', () => client.close(closeCodes.backendFailed, 'backend closed'));
}
