/** Small answers over HTTP. */
import type { Response } from './multiplex.ts';

type Writable = Pick<Response, 'setHeader' | 'statusCode'> & {
  end: (body?: Uint8Array) => unknown;
};

function answer(response: Response, status: number, type: string, body: Uint8Array | string): void {
  const writable = response as Writable;
  const bytes = Buffer.from(body as Uint8Array);
  writable.statusCode = status;
  writable.setHeader('content-type', type);
  writable.setHeader('content-length', String(bytes.length));
  writable.end(bytes);
}

/** Answers JSON. */
export function sendJson(response: Response, status: number, value: unknown): void {
  answer(response, status, 'application/json', JSON.stringify(value));
}

/** Answers plain text. */
export function sendText(response: Response, status: number, value: string): void {
  answer(response, status, 'text/plain; charset=utf-8', value);
}

/** Answers bytes under a content type of the caller's choice. */
export function sendBytes(
  response: Response,
  status: number,
  type: string,
  value: Uint8Array,
): void {
  answer(response, status, type, value);
}

/** Thrown by `readBody` when a request is longer than allowed. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** Reads a request's body; throws `BodyTooLarge` beyond `limit` bytes. */
export async function readBody(request: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLarge(`request body exceeds ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
