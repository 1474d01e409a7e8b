/** JSON-RPC 2.0 answers of an EVM-like node. */

type Answer = Record<string, unknown>;

const started = Date.now();

/** Methods by name for the chain with this decimal id. */
export function methods(chainId: number): Record<string, () => unknown> {
  return {
    eth_chainId: () => `0x${chainId.toString(16)}`,
    eth_blockNumber: () =>
      `0x${(21_000_000 + Math.floor((Date.now() - started) / 1000)).toString(16)}`,
    eth_syncing: () => false,
    net_version: () => String(chainId),
    web3_clientVersion: () => 'standin-json-rpc-backend/1',
  };
}

function failure(id: unknown, code: number, message: string): Answer {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

function answerOne(table: Record<string, () => unknown>, call: unknown): Answer | undefined {
  const { jsonrpc, id, method } = (call ?? {}) as Record<string, unknown>;
  const validId = id === undefined || id === null || ['string', 'number'].includes(typeof id);
  if (jsonrpc !== '2.0' || typeof method !== 'string' || !validId)
    return failure(null, -32600, 'Invalid Request');
  if (id === undefined) return undefined;
  const run = Object.hasOwn(table, method) ? table[method] : undefined;
  if (!run) return failure(id, -32601, `the method ${method} does not exist/is not available`);
  return { jsonrpc: '2.0', id, result: run() };
}

/** Answers one body, single or batch; undefined when it held only notifications. */
export function answer(
  table: Record<string, () => unknown>,
  body: string,
): Answer | Answer[] | undefined {
  let call: unknown;
  try {
    call = JSON.parse(body);
  } catch {
    return failure(null, -32700, 'Parse error');
  }
  if (!Array.isArray(call)) return answerOne(table, call);
  if (call.length === 0) return failure(null, -32600, 'Invalid Request');
  const answers = call.map((one) => answerOne(table, one)).filter((one) => one !== undefined);
  return answers.length > 0 ? answers : undefined;
}
