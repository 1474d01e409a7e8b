/** A place in a row of those that go one after the other. */
export interface Seat {
  /** Says that it needs no turn. Does nothing once a turn was asked for. */
  leave(): void;
  /**
   * Waits for its turn; the lowest rank goes first.
   * @returns nothing when it may go, or why nobody goes any more.
   */
  turn(rank: number): Promise<string | undefined>;
  /** Says that its turn is over, and why the others must not go on, if so. */
  end(problem?: string): void;
}

/**
 * Lets its members go one after the other, in the order of their ranks, once every member has said whether it needs a
 * turn at all; after a problem nobody goes any more.
 */
export class Turns {
  #undecided: number;
  #problem: string | undefined;
  #going = false;
  readonly #waiting: { rank: number; go: () => void }[] = [];

  constructor(members: number) {
    this.#undecided = members;
  }

  seat(): Seat {
    let decided = false;
    const decide = () => {
      if (decided) return;
      decided = true;
      this.#undecided -= 1;
    };
    return {
      leave: () => {
        decide();
        this.#next();
      },
      turn: async (rank) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#waiting.push({ rank, go: resolve });
        decide();
        this.#next();
        await promise;
        return this.#problem;
      },
      end: (problem) => {
        this.#problem ??= problem;
        this.#going = false;
        this.#next();
      },
    };
  }

  #next(): void {
    if (this.#undecided > 0 || this.#going) return;
    this.#waiting.sort((a, b) => a.rank - b.rank);
    if (this.#problem !== undefined) {
      for (const { go } of this.#waiting.splice(0)) go();
      return;
    }
    const first = this.#waiting.shift();
    if (!first) return;
    this.#going = true;
    first.go();
  }
}
