/** A small Redis client (RESP 2): commands in order over one connection, pub/sub on its own connection. */
import net from 'node:net';
import tls from 'node:tls';

/** What Redis answers: text, a number, nothing, or a list of these. */
export type Reply = string | number | null | Reply[];

/** An error that Redis itself answered. */
export class RedisError extends Error {
  override name = 'RedisError';
}

const incomplete = Symbol('incomplete');

function parse(
  data: Buffer,
  start: number,
): { reply: Reply | RedisError; next: number } | typeof incomplete {
  const end = data.indexOf('\r\n', start);
  if (end < 0) return incomplete;
  const line = data.toString('utf8', start + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(data[start]!)) {
    case '+':
      return { reply: line, next };
    case '-':
      return { reply: new RedisError(line), next };
    case ':':
      return { reply: Number(line), next };
    case '$': {
      const size = Number(line);
      if (size < 0) return { reply: null, next };
      if (data.length < next + size + 2) return incomplete;
      return { reply: data.toString('latin1', next, next + size), next: next + size + 2 };
    }
    case '*': {
      const items: Reply[] = [];
      let offset = next;
      if (Number(line) < 0) return { reply: null, next };
      for (let i = 0; i < Number(line); i++) {
        const item = parse(data, offset);
        if (item === incomplete) return incomplete;
        items.push(item.reply instanceof RedisError ? item.reply.message : item.reply);
        offset = item.next;
      }
      return { reply: items, next: offset };
    }
    default:
      throw new Error('not a Redis server');
  }
}

type Waiter = { resolve: (reply: Reply) => void; reject: (error: Error) => void };

/** One connection. Bulk strings come back as latin1 text, so binary values survive. */
export class Redis {
  readonly #url: URL;
  #socket: net.Socket | undefined;
  #waiting: Waiter[] = [];
  #onMessage: ((channel: string, payload: string) => void) | undefined;

  /** `url` is `redis[s]://[user:password@]host[:port][/db]`. */
  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Opens the connection, authenticates, selects the database; rejects when any of it fails. */
  async connect(timeoutMs = 5000): Promise<this> {
    const { hostname, port, protocol, username, password, pathname } = this.#url;
    const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
    const socket =
      protocol === 'rediss:'
        ? tls.connect({ ...target, servername: target.host })
        : net.connect(target);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('connect timed out')), timeoutMs);
      socket.once('error', reject);
      socket.once(protocol === 'rediss:' ? 'secureConnect' : 'connect', () => resolve());
      socket.once('close', () => clearTimeout(timer));
      socket.once('connect', () => clearTimeout(timer));
    });
    this.#socket = socket;
    let buffer: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      try {
        for (;;) {
          const parsed = buffer.length > 0 ? parse(buffer, 0) : incomplete;
          if (parsed === incomplete) return;
          buffer = buffer.subarray(parsed.next);
          this.#deliver(parsed.reply);
        }
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    const lost = (error?: Error) => {
      this.#socket = undefined;
      for (const { reject } of this.#waiting.splice(0))
        reject(error ?? new Error('connection to Redis closed'));
    };
    socket.on('error', lost);
    socket.on('close', () => lost());
    if (password) {
      const user = username ? [decodeURIComponent(username)] : [];
      await this.send('AUTH', ...user, decodeURIComponent(password));
    }
    if (pathname.length > 1) await this.send('SELECT', pathname.slice(1));
    return this;
  }

  /** Sends one command; reconnects first when the connection was lost. Rejects with `RedisError` on an error answer. */
  async send(...words: (string | number | Buffer)[]): Promise<Reply> {
    if (!this.#socket) await this.connect();
    const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
    for (const word of words) {
      const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word));
      parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket?.write(Buffer.concat(parts));
    });
  }

  /** Subscribes this connection; from then on it delivers messages and takes no other command. */
  async subscribe(channel: string, onMessage: (payload: string) => void): Promise<void> {
    this.#onMessage = (_channel, payload) => onMessage(payload);
    await this.send('SUBSCRIBE', channel);
  }

  /** True while connected. */
  get connected(): boolean {
    return this.#socket !== undefined;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #deliver(reply: Reply | RedisError): void {
    if (this.#onMessage && Array.isArray(reply) && reply[0] === 'message') {
      this.#onMessage(String(reply[1]), String(reply[2]));
      return;
    }
    const waiter = this.#waiting.shift();
    if (reply instanceof RedisError) waiter?.reject(reply);
    else waiter?.resolve(reply);
  }
}

/** The `name:value` lines of an `INFO` answer. */
export function parseInfo(info: Reply): Map<string, string> {
  const pairs = String(info)
    .split('\r\n')
    .filter((line) => line.includes(':'))
    .map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1),
    ]);
  return new Map(pairs);
}
