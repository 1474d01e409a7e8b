import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';

/** An answer, as it came. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  body: string;
}

interface Options {
  /** The address to come from. */
  from?: string;
  /** The authority to trust; any certificate where absent. */
  ca?: string;
}

/** A TLS connection to the proxy under a name. */
export function open(port: number, name: string, { from, ca }: Options = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: '127.0.0.1',
        port,
        servername: name,
        rejectUnauthorized: ca !== undefined,
        ...(ca !== undefined && { ca }),
        ...(from !== undefined && { localAddress: from }),
      } as Parameters<typeof connect>[0] & object,
      () => resolve(socket),
    );
    socket.once('error', reject);
  });
}

/** Sends a request exactly as it is written, and reads the answer until the end. */
export async function raw(
  port: number,
  name: string,
  head: string,
  body: Buffer | string = '',
  options: Options = {},
): Promise<Answered> {
  const socket = await open(port, name, options);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('error', () => resolve());
  });
  socket.setTimeout(20_000, () => socket.destroy());
  socket.write(`${head}\r\n\r\n`);
  socket.write(body);
  await ended;
  return parsed(Buffer.concat(chunks).toString('latin1'));
}

function parsed(text: string): Answered {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(0, end)).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: text.slice(end + 4) };
}

/** A request of HTTP/1.1, ended with its connection. */
export function request(
  port: number,
  name: string,
  method: string,
  target: string,
  headers: Record<string, string> = {},
  body: Buffer | string = '',
  options: Options = {},
): Promise<Answered> {
  const length =
    method === 'GET' && body.length === 0 ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(Object.keys(headers).some((key) => key.toLowerCase() === 'host') ? [] : [`Host: ${name}`]),
    'Connection: close',
    ...length,
    ...Object.entries(headers).map(([key, value]) => `${key}: ${value}`),
  ];
  return raw(port, name, lines.join('\r\n'), body, options);
}

/** A connection of HTTP/2 to the proxy under a name. */
export function openHttp2(port: number, name: string): ClientHttp2Session {
  const session = connectHttp2(`https://${name}:${port}`, {
    createConnection: () =>
      connect({
        host: '127.0.0.1',
        port,
        servername: name,
        ALPNProtocols: ['h2'],
        rejectUnauthorized: false,
      }),
  });
  session.on('error', () => {});
  return session;
}

/** A request of HTTP/2, with its trailers among the headers. */
export function requestHttp2(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body: Buffer | string = '',
): Promise<Answered> {
  return new Promise((resolve) => {
    const stream = session.request(headers, { endStream: body.length === 0 });
    const chunks: Buffer[] = [];
    let all: Record<string, unknown> = {};
    stream.on('response', (given) => {
      all = { ...given };
    });
    stream.on('trailers', (given) => {
      all = { ...all, ...given };
    });
    stream.on('data', (chunk) => chunks.push(chunk));
    const done = () =>
      resolve({
        status: Number(all[':status'] ?? 0),
        headers: Object.fromEntries(
          Object.entries(all).map(([key, value]) => [key, String(value)]),
        ),
        body: Buffer.concat(chunks).toString(),
      });
    stream.on('error', done);
    stream.on('close', done);
    if (body.length > 0) stream.end(body);
  });
}
