/** One record of a script: its type, and the words after it. */
export interface Record {
  type: string;
  words: readonly string[];
}

const MOST_NOTES = 1000;

/** What a record stands for: `known 3 5` for steps 3, 4 and 5, each started and unchanged; any other for itself. */
export function* singleRecords(record: Record): Generator<Record> {
  const [first = '', last = ''] = record.words;
  const several = [first, last].every((word) => /^\d{1,9}$/.test(word)) && +first <= +last;
  if (record.type !== 'known' || !several) return yield record;
  for (let number = +first; number <= +last; number++) {
    for (const type of ['started', 'unchanged']) yield { type, words: [`${number}`, '0', '0'] };
  }
}

/**
 * Keeps account of what a script tells, so that a host cannot claim what its script cannot have told: each step is
 * started once and has one outcome, in order; the last word comes after all of them, or after the one that failed.
 */
export class StepAccount {
  readonly #count: number;
  readonly #outcomes: readonly string[];
  #done = 0;
  #started = false;
  #failed = false;
  #notes = 0;
  #end: 'done' | 'stopped' | 'failed' | 'implausible' | undefined;

  constructor(count: number, dryRun: boolean) {
    this.#count = count;
    this.#outcomes = dryRun ? ['unchanged', 'pending'] : ['unchanged', 'changed', 'failed'];
  }

  /** Whether the record fits the ones before; after one that does not, none does. */
  add(record: Record): boolean {
    if (this.#end === 'implausible') return false;
    // Notes come on a way of their own, so they may be late.
    if (record.type === 'note') return ++this.#notes <= MOST_NOTES;
    if (this.#end === undefined && this.#fits(record)) return true;
    this.#end = 'implausible';
    return false;
  }

  /** What it came to: a script that said no last word has failed. */
  get end(): 'done' | 'stopped' | 'failed' | 'implausible' {
    return this.#end ?? 'failed';
  }

  #fits({ type, words }: Record): boolean {
    const [number = '', milliseconds = '', status = ''] = words;
    if (![number, milliseconds, status].every((word) => /^\d{1,9}$/.test(word))) return false;
    if (type === 'end') return this.#close(status);
    if (this.#failed || Number(number) !== this.#done + 1 || this.#done >= this.#count)
      return false;
    if (type === 'started') {
      if (this.#started) return false;
      this.#started = true;
      return true;
    }
    if (!this.#started || !this.#outcomes.includes(type)) return false;
    if ((type === 'failed') === (status === '0')) return false;
    this.#started = false;
    this.#done += 1;
    this.#failed = type === 'failed';
    return true;
  }

  #close(status: string): boolean {
    const complete = this.#done === this.#count && !this.#failed;
    if (this.#started) return false;
    if (status === '0' && complete) this.#end = 'done';
    else if (status === '130' && !this.#failed && !complete) this.#end = 'stopped';
    else if (status === '1' && this.#failed) this.#end = 'failed';
    return this.#end !== undefined;
  }
}
