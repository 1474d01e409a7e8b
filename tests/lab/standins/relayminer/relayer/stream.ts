/** Streaming answers: signed batches every 100 ms, 100 KB or 100 chunks. */
import type { Response } from '../../shared/multiplex.ts';
import type { Context } from './context.ts';
import type { BackendAnswer } from './forward.ts';
import { encodeHttpResponse, signResponse } from './protocol.ts';
import { type Admitted, publish } from './relay.ts';

/** What follows every batch on the wire. Source: pokt-network/shannon-sdk, streaming delimiter. */
export const delimiter = '||POKT_STREAM||';

/** True when the backend streams. */
export function isStreaming(answer: BackendAnswer): boolean {
  const type = answer.headers['content-type']?.[0] ?? '';
  return /^(text\/event-stream|application\/x-ndjson)\b/.test(type);
}

/** Passes a stream on as signed batches; one relay is published for the whole. */
export async function streamAnswer(
  context: Context,
  relay: Admitted,
  answer: BackendAnswer,
  response: Response,
) {
  const out = response as unknown as NodeJS.WritableStream & Pick<Response, 'setHeader'>;
  out.setHeader('content-type', 'application/json');
  if (!('stream' in response)) out.setHeader('connection', 'close');
  let chunks: Buffer[] = [];
  const flush = () => {
    if (chunks.length === 0) return;
    const payload = encodeHttpResponse(answer.status, answer.headers, Buffer.concat(chunks));
    chunks = [];
    out.write(signResponse(relay.request, payload, relay.supplier));
    out.write(delimiter);
    context.metrics.add('ha_relayer_streaming_batches_signed_total', {
      service_id: relay.request.service,
    });
  };
  const timer = setInterval(flush, 100);
  response.on('close', answer.abort);
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      const size = chunks.reduce((sum, one) => sum + one.length, 0);
      if (size >= 100_000 || chunks.length >= 100) flush();
    }
  } finally {
    clearInterval(timer);
    flush();
    out.end();
  }
  if (relay.ticket) return;
  await publish(context, relay.request);
  context.metrics.add('ha_relayer_streaming_relays_served_total', {
    service_id: relay.request.service,
  });
}
