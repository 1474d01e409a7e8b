/** Takes served relays off the streams. A stand-in builds no claim from them: it acknowledges and counts. */
import type { Metrics } from '../../shared/metrics.ts';
import { type Redis, RedisError, type Reply } from '../../shared/redis.ts';
import { type Line, streamMetric } from '../line.ts';
import type { Names } from '../names.ts';

type Entry = [id: string, fields: string[]];

function fieldOf([, fields]: Entry, name: string): string {
  return fields[fields.indexOf(name) + 1] ?? '';
}

/** Reads one batch of every leased supplier's stream, waiting at most a second for the first entry. */
export class Consumer {
  readonly #redis: Redis;
  readonly #names: Names;
  readonly #consumer: string;
  readonly #batch: number;
  readonly #metrics: Metrics;
  readonly #line: Line;
  readonly #grouped = new Set<string>();

  /** `redis` must be a connection of its own: reading blocks it. */
  constructor(
    redis: Redis,
    names: Names,
    consumer: string,
    batch: number,
    metrics: Metrics,
    line: Line,
  ) {
    this.#redis = redis;
    this.#names = names;
    this.#consumer = consumer;
    this.#batch = batch;
    this.#metrics = metrics;
    this.#line = line;
  }

  /** Consumes once; throws when Redis fails, also when it lacks XACKDEL (before 8.2), leaving entries pending. */
  async consume(suppliers: string[]): Promise<void> {
    for (const supplier of suppliers) await this.#ensureGroup(supplier);
    const streams = suppliers.map((supplier) => this.#names.relays(supplier));
    const reply = await this.#read(
      ...['XREADGROUP', 'GROUP', this.#names.group, this.#consumer],
      ...['COUNT', this.#batch, 'BLOCK', 1000, 'STREAMS', ...streams, ...streams.map(() => '>')],
    );
    for (const [stream, entries] of (reply ?? []) as [string, Entry[]][])
      await this.#acknowledge(stream, entries);
  }

  /** Takes over entries another miner left pending for longer than `idleMs`, and acknowledges them. */
  async reclaim(suppliers: string[], idleMs: number): Promise<void> {
    for (const supplier of suppliers) {
      await this.#ensureGroup(supplier);
      const stream = this.#names.relays(supplier);
      const reply = await this.#redis.send(
        ...[
          'XAUTOCLAIM',
          stream,
          this.#names.group,
          this.#consumer,
          idleMs,
          '0',
          'COUNT',
          this.#batch,
        ],
      );
      const entries = (reply as [string, Entry[]])[1];
      if (entries.length === 0) continue;
      this.#metrics.add(
        streamMetric(this.#line, 'claimed_total'),
        { supplier_addr: supplier },
        entries.length,
      );
      await this.#acknowledge(stream, entries);
    }
  }

  async #acknowledge(stream: string, entries: Entry[]): Promise<void> {
    const supplier = stream.slice(stream.lastIndexOf(':') + 1);
    for (const entry of entries) {
      const service = fieldOf(entry, 'service_id');
      this.#metrics.add(streamMetric(this.#line, 'consumed_total'), {
        supplier_addr: supplier,
        service_id: service,
      });
      this.#metrics.add('ha_miner_relays_consumed_from_stream_total', {
        supplier,
        service_id: service,
      });
    }
    const ids = entries.map(([id]) => id);
    await this.#redis.send(
      'XACKDEL',
      stream,
      this.#names.group,
      'DELREF',
      'IDS',
      ids.length,
      ...ids,
    );
  }

  /** Reads; a Redis that came back empty has lost the groups, so they are made again next time. */
  async #read(...command: (string | number)[]): Promise<Reply> {
    try {
      return await this.#redis.send(...command);
    } catch (error) {
      if (error instanceof RedisError && error.message.startsWith('NOGROUP')) this.#grouped.clear();
      throw error;
    }
  }

  async #ensureGroup(supplier: string): Promise<void> {
    if (this.#grouped.has(supplier)) return;
    try {
      const stream = this.#names.relays(supplier);
      await this.#redis.send('XGROUP', 'CREATE', stream, this.#names.group, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error instanceof RedisError) || !error.message.startsWith('BUSYGROUP')) throw error;
    }
    this.#grouped.add(supplier);
  }
}
