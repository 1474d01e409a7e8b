import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { Socket } from '../lab/standins/shared/websocket.ts';

/** What came back over HTTP/2. */
export interface PublicAnswer {
  status: number;
  body: Buffer;
  /** Headers and trailers. */
  headers: Record<string, unknown>;
  /** Milliseconds from the first to the last piece of the body. */
  spread: number;
  /** Milliseconds from the request to the end. */
  milliseconds: number;
}

/** Somebody on the internet, who knows the public name of the relays and reaches its port 443 at an address. */
export class PublicClient {
  readonly #address: string;
  readonly #domain: string;

  constructor(address: string, domain: string) {
    this.#address = address;
    this.#domain = domain;
  }

  /** Makes one request over HTTP/2, at most 30 s. */
  async request(
    path: string,
    headers: Record<string, string> = {},
    body?: Uint8Array,
  ): Promise<PublicAnswer> {
    const session = http2.connect(`https://${this.#domain}`, {
      createConnection: () => this.#connect('h2'),
    });
    const began = performance.now();
    try {
      const method = body === undefined ? 'GET' : 'POST';
      const stream = session.request(
        { ':method': method, ':path': path, ...headers },
        { signal: AbortSignal.timeout(30_000) },
      );
      let told: Record<string, unknown> = {};
      stream.on('response', (more) => {
        told = { ...told, ...more };
      });
      stream.on('trailers', (more) => {
        told = { ...told, ...more };
      });
      stream.end(body);
      const pieces: Buffer[] = [];
      const times: number[] = [];
      for await (const piece of stream) {
        pieces.push(piece);
        times.push(performance.now());
      }
      return {
        status: Number(told[':status']),
        body: Buffer.concat(pieces),
        headers: told,
        spread: (times.at(-1) ?? 0) - (times[0] ?? 0),
        milliseconds: performance.now() - began,
      };
    } finally {
      session.destroy();
    }
  }

  /** Opens a WebSocket; throws with the status where it is refused. */
  async webSocket(path: string, headers: Record<string, string>): Promise<Socket> {
    const request = https.get({
      host: this.#domain,
      path,
      createConnection: () => this.#connect('http/1.1'),
      headers: {
        ...headers,
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      },
    });
    request.on('response', ({ statusCode }) => request.destroy(new Error(`HTTP ${statusCode}`)));
    const [, stream, head] = (await once(request, 'upgrade', {
      signal: AbortSignal.timeout(30_000),
    })) as [unknown, Duplex, Buffer];
    return new Socket(stream, true, head);
  }

  /** The lab's certificates are of an authority of its own. */
  #connect(protocol: string): tls.TLSSocket {
    return tls.connect({
      host: this.#address,
      port: 443,
      servername: this.#domain,
      ALPNProtocols: [protocol],
      rejectUnauthorized: false,
    });
  }
}
