/**
 * Simulated relays: verified against the keys of the configuration instead of the chain, served, and never published.
 * Source: pokt-network/pocket-relay-miner, relayer/simulation.go and docs/SIMULATED_RELAYS.md, v0.1.x and ad37bcb.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { grpcStatus } from '../../shared/grpc.ts';
import { RingError, verifyRing } from '../../shared/ring.ts';
import { type Account, addressOf } from '../../shared/secp256k1.ts';
import type { Value } from '../config/rules.ts';
import { type Context, Refusal } from './context.ts';
import { type RelayRequest, signableHash } from './protocol.ts';

/** Why a simulated relay is refused: HTTP status, gRPC status, WebSocket close code, the metric's `result`. */
const outcomes = {
  tooMany: [429, grpcStatus.resourceExhausted, 1013, 'rate_limited'],
  replayed: [409, grpcStatus.alreadyExists, 4001, 'replay_rejected'],
  unmarked: [503, grpcStatus.unavailable, 4001, 'dedup_unavailable'],
  malformed: [400, grpcStatus.invalidArgument, 4001, 'verify_failed'],
  noSupplier: [400, grpcStatus.invalidArgument, 4001, 'supplier_not_loaded'],
  notLoaded: [403, grpcStatus.failedPrecondition, 4001, 'supplier_not_loaded'],
  mismatch: [403, grpcStatus.permissionDenied, 4001, 'identity_mismatch'],
  notAllowed: [403, grpcStatus.permissionDenied, 4001, 'service_not_allowed'],
  unverified: [403, grpcStatus.permissionDenied, 4001, 'verify_failed'],
  unknown: [404, grpcStatus.notFound, 4001, 'service_unknown'],
} as const;

/** A refused simulated relay. */
export class SimulationRefusal extends Refusal {
  readonly grpc: number;
  readonly close: number;
  constructor(outcome: keyof typeof outcomes, why: string) {
    const [status, grpc, close, result] = outcomes[outcome];
    super(status, result, `simulation rejected: ${why}`);
    this.grpc = grpc;
    this.close = close;
  }
}

/** A simulated relay that is being served; it ends exactly once. */
export type Ticket = { finish(result: string): void };

/** The identity that a request names; undefined where it is an ordinary relay, or the block is off. */
export function simulationKey(context: Context, headers: IncomingHttpHeaders): string | undefined {
  const name = headers['pocket-simulation-key-id'];
  return context.config.simulation.enabled && name !== undefined ? String(name) : undefined;
}

/** Admits a simulated relay; throws a `SimulationRefusal`, which is counted. */
export async function admitSimulated(
  context: Context,
  request: RelayRequest,
  keyId: string,
  transport: 'http' | 'grpc' | 'websocket',
): Promise<{ supplier: Account; ticket: Ticket }> {
  const count = (result: string) =>
    context.metrics.add('ha_relayer_simulated_relays_total', {
      transport,
      service: context.pools.has(request.service) ? request.service : 'unknown',
      supplier: context.keys.has(request.supplier) ? request.supplier : 'unknown',
      result,
    });
  const slot = context.simulated.take();
  let finished = false;
  const finish = (result: string) => {
    if (finished) return;
    finished = true;
    if (slot) context.simulated.release();
    count(result);
  };
  try {
    if (!slot) throw new SimulationRefusal('tooMany', 'max_concurrent simulated relays are served');
    const supplier = await verified(context, request, keyId);
    return { supplier, ticket: { finish } };
  } catch (error) {
    finish(error instanceof Refusal ? error.reason : 'verify_failed');
    throw error;
  }
}

async function verified(context: Context, request: RelayRequest, keyId: string): Promise<Account> {
  const { simulation } = context.config;
  const identity = simulation.identities.find((one: Value) => one.key_id === keyId);
  if (!identity) throw new SimulationRefusal('unverified', 'unknown key_id');
  if (!identity.enabled) throw new SimulationRefusal('unverified', 'identity disabled');
  if (identity.not_after && Date.now() > Date.parse(identity.not_after))
    throw new SimulationRefusal('unverified', 'identity expired (not_after)');
  const supplier = loaded(context, request);
  bound(context, identity, request);
  fresh(request, simulation.freshness_window_seconds);
  await mark(context, request);
  ring(identity, request);
  // Only what is verified counts: the key_id is public, and nobody without the keys can use up the rate.
  if (!context.simulated.allow(identity))
    throw new SimulationRefusal('tooMany', `max_rps of ${keyId} exceeded`);
  return supplier;
}

function loaded(context: Context, request: RelayRequest): Account {
  if (!request.supplier) throw new SimulationRefusal('noSupplier', 'supplier address required');
  const supplier = context.keys.get(request.supplier);
  if (supplier) return supplier;
  throw new SimulationRefusal('notLoaded', `no signing key of ${request.supplier} is loaded`);
}

function bound(context: Context, identity: Value, request: RelayRequest): void {
  if (
    request.signature.length === 0 ||
    request.startHeight < 1 ||
    request.endHeight <= request.startHeight
  )
    throw new SimulationRefusal('unverified', 'the request has no signature or no heights');
  if (request.application !== addressOf(Buffer.from(identity.app_pubkey_hex, 'hex')))
    throw new SimulationRefusal('mismatch', 'the application is not the pinned one');
  if (!context.pools.has(request.service))
    throw new SimulationRefusal('unknown', `service ${request.service} is not configured`);
  const { allowed_services: allowed } = identity;
  if (allowed.length > 0 && !allowed.includes(request.service))
    throw new SimulationRefusal('notAllowed', `service ${request.service} is not allowed`);
}

function fresh(request: RelayRequest, windowSeconds: number): void {
  const seconds = request.session.match(/^simv1:(\d+):[^:]+$/)?.[1];
  if (seconds === undefined) throw new SimulationRefusal('malformed', 'malformed session id');
  if (Math.abs(Math.floor(Date.now() / 1000) - Number(seconds)) >= windowSeconds)
    throw new SimulationRefusal('unverified', 'the time of the request is outside of the window');
}

/** The mark stays for both directions of the window: a clock that is ahead makes a request fresh for that long. */
async function mark(context: Context, request: RelayRequest): Promise<void> {
  const milliseconds = 2000 * context.config.simulation.freshness_window_seconds;
  const name = context.names.replay(createHash('sha256').update(request.signature).digest('hex'));
  const set = await context.redis.send('SET', name, '1', 'PX', milliseconds, 'NX').catch(() => {
    throw new SimulationRefusal('unmarked', 'the store of replay marks is unavailable');
  });
  if (set === null) throw new SimulationRefusal('replayed', 'this request was seen before');
}

function ring(identity: Value, request: RelayRequest): void {
  const pinned = [identity.app_pubkey_hex, ...identity.gateway_pubkeys_hex];
  try {
    verifyRing(
      signableHash(request),
      request.signature,
      pinned.map((key) => Buffer.from(key, 'hex')),
    );
  } catch (error) {
    if (!(error instanceof RingError)) throw error;
    throw new SimulationRefusal('unverified', `ring signature: ${error.message}`);
  }
}
