import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface User {
  login: string;
  salt: string;
  hash: string;
}

const ATTEMPTS = 5;
const LOCK_MS = 5 * 60_000;

/** The one user, kept in the data directory: it is made once, and what changes it is the command line alone. */
export class Store {
  readonly #path: string;
  #failures: number[] = [];

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#path = join(directory, 'grafana.db');
  }

  get exists(): boolean {
    return existsSync(this.#path);
  }

  /** Writes the user. Throws where the directory cannot be written. */
  write(login: string, password: string): void {
    const salt = randomBytes(16).toString('hex');
    const user: User = { login, salt, hash: hashOf(password, salt) };
    writeFileSync(`${this.#path}.new`, JSON.stringify(user), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }

  /** The login of the user. */
  get login(): string {
    return this.#read().login;
  }

  /** Whether the password is right; after too many wrong ones it is not even looked at. */
  accepts(login: string, password: string): boolean {
    const now = Date.now();
    this.#failures = this.#failures.filter((time) => now - time < LOCK_MS);
    if (this.#failures.length >= ATTEMPTS) return false;
    const user = this.#read();
    const given = Buffer.from(hashOf(password, user.salt));
    if (login === user.login && timingSafeEqual(given, Buffer.from(user.hash))) return true;
    this.#failures.push(now);
    return false;
  }

  #read(): User {
    return JSON.parse(readFileSync(this.#path, 'utf8'));
  }
}

function hashOf(password: string, salt: string): string {
  return scryptSync(password, salt, 32).toString('hex');
}
