import { EXIT, UserError } from '../exit-codes.ts';

/**
 * What a host answers within so many seconds.
 * @throws UserError with exit code 4 when it does not: a Docker that hangs must not be waited for for ever.
 */
export async function within<T>(host: string, seconds: number, answer: Promise<T>): Promise<T> {
  const silence = new Silence(host);
  silence.expect(seconds);
  try {
    return await Promise.race([answer, silence.over]);
  } finally {
    silence.end();
  }
}

/** Ends the wait for a host that has stopped to tell anything although its connection stands. */
export class Silence {
  /** Rejects with a UserError, exit code 4, once the host should have said something long ago. */
  readonly over: Promise<never>;
  readonly #host: string;
  #reject: (error: UserError) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(host: string) {
    this.#host = host;
    this.over = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.over.catch(() => {});
  }

  /** The next word of the host is due within so many seconds from now. */
  expect(limit: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const message = `${this.#host}: connected, yet it has said nothing for ${limit} s`;
      this.#reject(new UserError(message, EXIT.unreachable));
    }, limit * 1000);
  }

  /** Nothing more is expected. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
