/** RFC 6455 WebSockets for both sides: handshake, frames, ping, close; no extensions. */
import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { trustedAuthorities } from './trust.ts';

const limit = 15 * 1024 * 1024;
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

type Events = { message: [data: Buffer, binary: boolean]; close: [code: number]; pong: [] };

/** One open WebSocket; emits `message`, `pong`, and `close` exactly once. */
export class Socket extends EventEmitter<Events> {
  readonly #stream: Duplex;
  readonly #client: boolean;
  #buffer: Buffer = Buffer.alloc(0);
  #fragments: Buffer[] = [];
  #binary = false;
  #closed = false;

  constructor(stream: Duplex, client: boolean, head: Buffer) {
    super();
    this.#stream = stream;
    this.#client = client;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', () => this.#finish(1006));
    stream.on('close', () => this.#finish(1006));
    if (head.length > 0) setImmediate(() => this.#receive(head));
  }

  /** Sends one message. */
  send(data: Uint8Array | string, binary = typeof data !== 'string'): void {
    this.#write(binary ? opcodes.binary : opcodes.text, Buffer.from(data as Uint8Array));
  }

  /** Sends a ping; the peer's answer arrives as `pong`. */
  ping(): void {
    this.#write(opcodes.ping, Buffer.alloc(0));
  }

  /** Closes with a code and a reason. */
  close(code = 1000, reason = ''): void {
    if (this.#closed) return;
    const body = Buffer.alloc(2 + Buffer.byteLength(reason));
    body.writeUInt16BE(code);
    body.write(reason, 2);
    this.#write(opcodes.close, body);
    this.#stream.end();
    this.#finish(code);
  }

  #finish(code: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close', code);
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#closed || this.#stream.destroyed) return;
    const size = payload.length;
    const extended = size < 126 ? 0 : size < 65536 ? 2 : 8;
    const header = Buffer.alloc(2 + extended + (this.#client ? 4 : 0));
    header[0] = 0x80 | opcode;
    header[1] = (this.#client ? 0x80 : 0) | (extended === 0 ? size : extended === 2 ? 126 : 127);
    if (extended === 2) header.writeUInt16BE(size, 2);
    if (extended === 8) header.writeBigUInt64BE(BigInt(size), 2);
    if (!this.#client) {
      this.#stream.write(Buffer.concat([header, payload]));
      return;
    }
    const mask = randomBytes(4);
    mask.copy(header, header.length - 4);
    this.#stream.write(Buffer.concat([header, payload.map((byte, i) => byte ^ mask[i & 3]!)]));
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (let frame = this.#take(); frame && !this.#closed; frame = this.#take()) {
      this.#handle(frame.final, frame.opcode, frame.payload);
    }
  }

  #take(): { final: boolean; opcode: number; payload: Buffer } | undefined {
    const data = this.#buffer;
    if (data.length < 2) return undefined;
    const short = data[1]! & 0x7f;
    const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
    const masked = (data[1]! & 0x80) !== 0;
    const start = 2 + extended + (masked ? 4 : 0);
    if (data.length < start) return undefined;
    const size =
      extended === 0
        ? short
        : extended === 2
          ? data.readUInt16BE(2)
          : Number(data.readBigUInt64BE(2));
    if (size > limit) {
      this.close(1009, 'message too big');
      return undefined;
    }
    if (masked === this.#client) {
      this.close(1002, 'wrong masking');
      return undefined;
    }
    if (data.length < start + size) return undefined;
    const mask = data.subarray(start - 4, start);
    const raw = data.subarray(start, start + size);
    const payload = masked ? Buffer.from(raw.map((byte, i) => byte ^ mask[i & 3]!)) : raw;
    this.#buffer = data.subarray(start + size);
    return { final: (data[0]! & 0x80) !== 0, opcode: data[0]! & 0x0f, payload };
  }

  #handle(final: boolean, opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#write(opcodes.pong, payload);
    else if (opcode === opcodes.pong) this.emit('pong');
    else if (opcode === opcodes.close) {
      const code = payload.length >= 2 ? payload.readUInt16BE() : 1005;
      this.#write(opcodes.close, payload);
      this.#stream.end();
      this.#finish(code);
    } else {
      if (opcode !== opcodes.continuation) this.#binary = opcode === opcodes.binary;
      this.#fragments.push(payload);
      if (!final) return;
      const whole = Buffer.concat(this.#fragments);
      this.#fragments = [];
      this.emit('message', whole, this.#binary);
    }
  }
}

function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** Completes the server's side of the handshake on an `upgrade` event. */
export function acceptWebSocket(
  request: http.IncomingMessage,
  stream: Duplex,
  head: Buffer,
): Socket {
  stream.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${acceptKey(request.headers['sec-websocket-key'] ?? '')}\r\n\r\n`,
  );
  return new Socket(stream, false, head);
}

/** Refuses an upgrade with an HTTP status and a JSON error. */
export function refuseUpgrade(stream: Duplex, status: number, error: string): void {
  const body = JSON.stringify({ error });
  stream.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Opens a WebSocket to `ws://…` or `wss://…`; rejects when the server is not there, refuses, or takes too long. */
export function connectWebSocket(
  url: string,
  headers: Record<string, string> = {},
  timeoutMs = 5000,
): Promise<Socket> {
  const key = randomBytes(16).toString('base64');
  return new Promise((resolve, reject) => {
    const { get } = url.startsWith('wss:') ? https : http;
    const request = get(url.replace(/^ws/, 'http'), {
      agent: false,
      ...trustedAuthorities(),
      headers: {
        ...headers,
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': key,
      },
      timeout: timeoutMs,
    });
    request.on('timeout', () => request.destroy(new Error(`no WebSocket handshake from ${url}`)));
    request.on('error', reject);
    request.on('response', (response) => {
      response.resume();
      reject(new Error(`WebSocket handshake refused with ${response.statusCode}`));
    });
    request.on('upgrade', (response, stream, head) => {
      if (response.headers['sec-websocket-accept'] !== acceptKey(key)) {
        stream.destroy();
        reject(new Error('wrong Sec-WebSocket-Accept'));
      } else {
        stream.setTimeout(0);
        resolve(new Socket(stream, true, head));
      }
    });
  });
}
