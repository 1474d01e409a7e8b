/** The GraphQL of an indexer, as far as anybody asks ours: fields of `_metadata`. */
import type http from 'node:http';
import { readBody, sendJson } from '../shared/http.ts';
import type { Blocks } from './blocks.ts';
import type { Settings } from './settings.ts';

/** One operation with one field, which may have another name in the answer: `{ name: _metadata { … } }`. */
const OPERATION =
  /^\s*(?:query\s*(\w+)?\s*)?\{\s*(?:(\w+)\s*:\s*)?(\w+)\s*\{\s*((?:\w+[\s,]+)*\w+)[\s,]*\}\s*\}\s*$/;

/**
 * Answers a POST as a SubQuery indexer does: what is no JSON, no query, or asks for a field that does not exist, gets
 * 400 with the reason. Source: subquery/subql, packages/query (PostGraphile), and its type `_Metadata`.
 */
export async function answerIndexer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  settings: Settings,
  blocks: Blocks,
): Promise<void> {
  const refuse = (message: string) => sendJson(response, 400, { errors: [{ message }] });
  const isJson = /^application\/json\b/.test(request.headers['content-type'] ?? '');
  const { query, operationName } = isJson
    ? queryIn((await readBody(request, 1_000_000)).toString())
    : {};
  if (typeof query !== 'string') return refuse('Must provide a query string.');
  const operation = OPERATION.exec(query);
  if (!operation) return refuse('Syntax Error, or more than the stand-in knows');
  const [, name, alias, field = '', fields = ''] = operation;
  if (operationName !== undefined && operationName !== null && operationName !== name)
    return refuse(`Unknown operation named "${operationName}".`);
  if (field !== '_metadata') return refuse(`Cannot query field "${field}" on type "Query".`);
  const { height, time } = blocks.latest();
  const metadata: Record<string, unknown> = {
    __typename: '_Metadata',
    chain: settings.chainId,
    lastProcessedHeight: height,
    lastProcessedTimestamp: String(time.getTime()),
    targetHeight: height,
  };
  const asked = fields.split(/[\s,]+/);
  const unknown = asked.find((one) => !Object.hasOwn(metadata, one));
  if (unknown !== undefined) return refuse(`Cannot query field "${unknown}" on type "_Metadata".`);
  const answer = Object.fromEntries(asked.map((one) => [one, metadata[one]]));
  sendJson(response, 200, { data: { [alias ?? field]: answer } });
}

function queryIn(body: string): { query?: unknown; operationName?: unknown } {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
