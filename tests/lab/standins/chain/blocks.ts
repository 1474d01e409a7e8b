/** A chain that does nothing but grow. */
import { createHash } from 'node:crypto';

/** One block header's worth of facts; `hash` is upper-case hex as CometBFT prints it. */
export type Block = { height: number; time: Date; hash: string };

/** About mainnet's height in autumn 2026. */
const startHeight = 900_000;

/** Blocks of the stand-in chain; a node that is catching up, or whose chain stopped, is stuck an hour in the past. */
export class Blocks {
  readonly #started = Date.now();
  readonly #intervalMs: number;
  readonly #stuck: boolean;

  constructor(blockTimeSeconds: number, stuck: boolean) {
    this.#intervalMs = blockTimeSeconds * 1000;
    this.#stuck = stuck;
  }

  /** The newest block now. */
  latest(): Block {
    const grown = this.#stuck ? 0 : Math.floor((Date.now() - this.#started) / this.#intervalMs);
    return this.at(startHeight + grown);
  }

  /** The block at a height. */
  at(height: number): Block {
    const offset = (height - startHeight) * this.#intervalMs - (this.#stuck ? 3_600_000 : 0);
    const hash = createHash('sha256')
      .update(`stand-in block ${height}`)
      .digest('hex')
      .toUpperCase();
    return { height, time: new Date(this.#started + offset), hash };
  }

  /** Calls back with every new block; returns what stops it. */
  watch(onBlock: (block: Block) => void): () => void {
    let seen = this.latest().height;
    const timer = setInterval(() => {
      const block = this.latest();
      if (block.height === seen) return;
      seen = block.height;
      onBlock(block);
    }, 100);
    return () => clearInterval(timer);
  }
}

/** RFC 3339 with nanoseconds, as CometBFT writes times. */
export function nanoTime(time: Date): string {
  return time.toISOString().replace('Z', '000000Z');
}
