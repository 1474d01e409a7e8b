/**
 * The two lines of pokt-network/pocket-relay-miner that the stand-in honours: `released` is v0.1.x (studied at
 * v0.1.6), `snapshot` is main at ad37bcb (2026-08-20), older than every release.
 */
export type Line = 'released' | 'snapshot';

/** Reads RELAYMINER_LINE, which the image bakes in; throws when it is neither line. */
export function readLine(environment: NodeJS.ProcessEnv): Line {
  const line = environment.RELAYMINER_LINE;
  if (line !== 'released' && line !== 'snapshot')
    throw new Error('stand-in: RELAYMINER_LINE must be released or snapshot');
  return line;
}

/**
 * What a line calls a metric of the streams: the snapshot named the store, too.
 * Source: pokt-network/pocket-relay-miner, transport/redis/metrics.go.
 */
export function streamMetric(line: Line, name: string): string {
  return line === 'released' ? `ha_transport_${name}` : `ha_transport_redis_${name}`;
}
