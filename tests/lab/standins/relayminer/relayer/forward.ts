/** Calls to backends. */
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { Value } from '../config/rules.ts';
import type { Headers, HttpPayload } from './protocol.ts';

/** A backend's answer whose body is still to be read. */
export type BackendAnswer = {
  status: number;
  headers: Headers;
  body: AsyncIterable<Buffer>;
  abort: () => void;
};

const hopHeaders = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'accept-encoding',
  'te',
];

/** The address to call: the client's path behind `base_path`, or behind the path of the backend URL. */
export function targetUrl(backend: Value, base: string, requested: string): URL {
  const url = new URL(base);
  const client = new URL(requested || '/', 'http://client');
  const prefix = (backend.base_path || url.pathname).replace(/\/+$/, '');
  const path = client.pathname.startsWith(prefix) ? client.pathname : prefix + client.pathname;
  url.pathname = prefix && client.pathname === '/' ? prefix : path;
  url.search = client.search || url.search;
  return url;
}

/** The header that a backend's `authentication` stands for. */
export function authorization(backend: Value): Record<string, string> {
  const { username, password, bearer_token: bearer, plain_token: plain } = backend.authentication;
  if (username)
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  if (bearer) return { authorization: `Bearer ${bearer}` };
  return plain ? { authorization: plain } : {};
}

function cleanHeaders(headers: Headers): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !hopHeaders.includes(name.toLowerCase()))
      .map(([name, values]) => [name.toLowerCase(), values.length === 1 ? values[0]! : values]),
  );
}

function responseHeaders(headers: NodeJS.Dict<string | string[]>): Headers {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !name.startsWith(':'))
      .map(([name, value]) => [name, [value ?? ''].flat()]),
  );
}

/** Calls over HTTP/1.1; rejects when the backend does not answer headers within `timeoutMs`. */
export function callHttp(
  url: URL,
  payload: HttpPayload,
  extra: Record<string, string>,
  timeoutMs: number,
): Promise<BackendAnswer> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const headers = {
      ...cleanHeaders(payload.headers),
      ...extra,
      'accept-encoding': 'identity',
      'content-length': payload.body.length,
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const call = request(url, { method: payload.method, headers, signal }, (response) => {
      resolve({
        status: response.statusCode ?? 502,
        headers: responseHeaders(response.headers),
        body: response,
        abort: () => call.destroy(),
      });
    });
    call.on('error', reject);
    call.end(payload.body);
  });
}

/** Calls a gRPC backend over cleartext HTTP/2, its trailers added to the headers. */
export async function callGrpc(
  address: string,
  payload: HttpPayload,
  extra: Record<string, string>,
  timeoutMs: number,
): Promise<BackendAnswer> {
  const origin = address.includes('://')
    ? address.replace(/^grpc(s?):/, 'http$1:')
    : `http://${address}`;
  const session = http2.connect(origin);
  try {
    const path = new URL(payload.url || '/', 'http://client').pathname;
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      session.setTimeout(timeoutMs, () => reject(new Error(`${address}: no answer in time`)));
      const stream = session.request({
        ...cleanHeaders(payload.headers),
        ...extra,
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let headers: Headers = {};
      let status = 502;
      stream.on('error', reject);
      stream.on('response', (received) => {
        status = Number(received[':status']);
        headers = { ...headers, ...responseHeaders(received) };
      });
      stream.on('trailers', (received) => {
        headers = { ...headers, ...responseHeaders(received) };
      });
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const body = (async function* () {
          yield Buffer.concat(chunks);
        })();
        resolve({ status, headers, body, abort: () => {} });
      });
      stream.end(payload.body);
    });
  } finally {
    session.destroy();
  }
}
