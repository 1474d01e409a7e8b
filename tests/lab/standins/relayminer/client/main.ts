/** `relay <mode>`: one simulated relay, made, sent and verified. Source: pokt-network/pocket-relay-miner, cmd/relay. */
import { reason } from '../../shared/log.ts';
import { readFlags } from './flags.ts';
import { payloadOf, readKeys, simulatedRequest } from './request.ts';
import { send } from './send.ts';
import { checkAnswer, checkGrpc, verifiedPayload } from './verify.ts';

const delimiter = '||POKT_STREAM||';

/** Sends one relay and tells what came of it; throws when it failed. */
export async function runRelay(args: string[]): Promise<void> {
  const flags = readFlags(args);
  const keys = readKeys(flags.keysFile);
  const request = simulatedRequest(keys, flags, payloadOf(flags.mode, flags.payload));
  console.log('=== Relay Request Diagnostic (stand-in) ===');
  console.log(`Service ID: ${flags.service}\nSupplier: ${flags.supplier}\n\n=== Response ===`);
  const began = performance.now();
  try {
    const response = await send(flags, request).catch((error) => {
      throw new Error(`failed to send relay: ${reason(error)}`);
    });
    const took = Math.round(performance.now() - began);
    for (const one of flags.mode === 'stream' ? batches(response) : [response]) {
      const payload = await verifiedPayload(flags, one);
      wrapped('relay response contains error', () => checkAnswer(payload));
      if (flags.mode === 'grpc' && flags.payload === undefined)
        wrapped('gRPC relay verification failed', () => checkGrpc(payload));
    }
    console.log('Status: ✅ SUCCESS\nSignature: ✅ VALID\nError Check: ✅ NO ERRORS');
    console.log(`Response Size: ${response.length} bytes\nNetwork Time: ${took}ms`);
  } catch (error) {
    console.log(`Status: ❌ FAILED\nError: ${reason(error)}`);
    throw error;
  }
}

function wrapped(what: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(`${what}: ${reason(error)}`);
  }
}

function batches(response: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let rest = response; rest.length > 0; ) {
    const end = rest.indexOf(delimiter);
    if (end < 0) throw new Error('the response is no stream of signed batches');
    found.push(rest.subarray(0, end));
    rest = rest.subarray(end + delimiter.length);
  }
  return found;
}
