import { setTimeout as sleep } from 'node:timers/promises';
import type { Poller, QueueType } from './messages.ts';

/** A poller that has not come back for this long is forgotten, as the real matching service does. */
const FORGET_AFTER_MS = 5 * 60_000;

/** How long an empty long poll is held open. */
const LONG_POLL_MS = 60_000;

/** Who polls which task queue, in memory only, as in the real server. */
export class Pollers {
  readonly #seen = new Map<string, Map<string, number>>();

  /** Notes the poller, then waits until the long poll is over. The stand-in never has a task. */
  async poll(namespace: string, queue: string, type: QueueType, identity: string): Promise<void> {
    const key = `${namespace}/${queue}/${type}`;
    const pollers = this.#seen.get(key) ?? new Map<string, number>();
    this.#seen.set(key, pollers);
    pollers.set(identity, Date.now());
    await sleep(LONG_POLL_MS);
  }

  /** The pollers of a queue that were seen lately. */
  list(namespace: string, queue: string, type: QueueType): Poller[] {
    const since = Date.now() - FORGET_AFTER_MS;
    return [...(this.#seen.get(`${namespace}/${queue}/${type}`) ?? [])]
      .filter(([, lastAccess]) => lastAccess >= since)
      .map(([identity, lastAccess]) => ({ identity, lastAccess }));
  }
}
