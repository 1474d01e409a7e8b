/**
 * A small Redis client (RESP 2): commands in order over one connection, pub/sub on its own connection. Of Sentinels it
 * asks who is the primary whenever it connects, as go-redis does.
 */
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

/** After that time without an answer a connection counts as lost, beside what a blocking command waits (go-redis: 3 s). */
const READ_TIMEOUT_MS = 3000;

/** Where to connect, as a URL says it. */
type Target = {
  tls: boolean;
  servers: { host: string; port: number }[];
  /** What Sentinels call the primary. */
  primaryName?: string;
  words: string[];
  database: string;
};

/** Reads `redis[s]://[user:password@]host[:port][/db]` or `redis-sentinel://[:password@]host:port,…/name[?db=N]`. */
function targetOf(url: string): Target {
  const form =
    /^(rediss?|redis-sentinel):\/\/(?:([^@/]*?)(?::([^@/]*))?@)?([^/?@]+)(?:\/([^/?]*))?(?:\?(.*))?$/.exec(
      url,
    );
  if (!form) throw new Error('not a URL of Redis');
  const [, scheme, user, password, hosts = '', path = '', query = ''] = form;
  const servers = hosts.split(',').map((text) => {
    const [, bracketed, name, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
    const host = bracketed ?? name;
    if (host === undefined) throw new Error('not a URL of Redis');
    return { host, port: Number(port ?? 6379) };
  });
  const sentinel = scheme === 'redis-sentinel';
  return {
    tls: scheme === 'rediss',
    servers,
    ...(sentinel && { primaryName: path }),
    words: password ? [...(user ? [user] : []), password].map(decodeURIComponent) : [],
    database: sentinel ? (new URLSearchParams(query).get('db') ?? '') : path,
  };
}

/** One connection. Bulk strings come back as latin1 text, so binary values survive. */
export class Redis {
  readonly #target: Target;
  #socket: net.Socket | undefined;
  #waiting: Waiter[] = [];
  #onMessage: ((channel: string, payload: string) => void) | undefined;

  /** Takes the forms of {@link targetOf}; throws on any other. */
  constructor(url: string) {
    this.#target = targetOf(url);
  }

  /** Opens the connection, authenticates, selects the database; rejects when any of it fails. */
  async connect(timeoutMs = 5000): Promise<this> {
    const { tls: encrypted, words, database } = this.#target;
    const server = await this.#server(timeoutMs);
    const socket = encrypted
      ? tls.connect({ ...server, servername: net.isIP(server.host) ? '' : server.host })
      : net.connect(server);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('connect timed out')), timeoutMs);
      socket.once('error', reject);
      socket.once(encrypted ? 'secureConnect' : 'connect', () => resolve());
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
    if (words.length > 0) await this.send('AUTH', ...words);
    if (database !== '') await this.send('SELECT', database);
    return this;
  }

  /** The server to connect to: of Sentinels, the primary that the first one to answer names. */
  async #server(timeoutMs: number): Promise<{ host: string; port: number }> {
    const { servers, primaryName } = this.#target;
    if (primaryName === undefined) return servers[0]!;
    const answers = servers.map(async ({ host, port }) => {
      const sentinel = new Redis(`redis://${net.isIPv6(host) ? `[${host}]` : host}:${port}`);
      try {
        await sentinel.connect(timeoutMs);
        const primary = await sentinel.send('SENTINEL', 'get-master-addr-by-name', primaryName);
        if (!Array.isArray(primary)) throw new Error(`no "${primaryName}" is known`);
        return { host: String(primary[0]), port: Number(primary[1]) };
      } finally {
        sentinel.close();
      }
    });
    return Promise.any(answers).catch(({ errors }: AggregateError) => {
      throw new Error(
        `no Sentinel names the primary: ${errors.map((one) => one.message).join('; ')}`,
      );
    });
  }

  /** Sends one command; reconnects first when the connection was lost. Rejects with `RedisError` on an error answer. */
  async send(...words: (string | number | Buffer)[]): Promise<Reply> {
    if (!this.#socket) await this.connect();
    const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
    for (const word of words) {
      const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word));
      parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
    }
    const socket = this.#socket;
    const block = words.indexOf('BLOCK');
    const limitMs = READ_TIMEOUT_MS + (block < 0 ? 0 : Number(words[block + 1]));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket?.destroy(new Error('read timed out')), limitMs);
      this.#waiting.push({
        resolve: (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (error) => {
          clearTimeout(timer);
          // One that has become a replica: the next command finds the primary.
          if (error.message.startsWith('READONLY')) socket?.destroy();
          reject(error);
        },
      });
      socket?.write(Buffer.concat(parts));
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
