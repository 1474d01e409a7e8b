import { type GrpcAnswer, grpcProbe, grpcRefusal, grpcVerdict } from '../probes/grpc.ts';
import {
  curlConfig,
  type HttpAnswer,
  type HttpRequest,
  httpProbe,
  httpVerdict,
} from '../probes/http.ts';
import { numberOf } from '../probes/protobuf.ts';
import type { BackendSettings, Transport } from '../profile/relayminer-schema.ts';
import type { SecretValue } from '../run/compile.ts';
import { type Shell, sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { excerpt, fail, lastWords, pass, warn } from '../validation/verdict.ts';
import { networkOfStatus } from './chain.ts';
import { type CheckContext, isIn } from './context.ts';

/** The example key of RFC 6455, 1.3, and the answer that it demands. */
const WEBSOCKET_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const WEBSOCKET_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** Beyond this a node is worth a look: a gateway has others that answer sooner. */
const SLOW_MILLISECONDS = 2000;

/** A method that a server lacks: its code in JSON-RPC 2.0 (5.1), and what is said of it where the code is another. */
const UNKNOWN_METHOD = -32601;
const UNKNOWN_METHOD_WORDS =
  /\b(?:unknown|unsupported|invalid) method\b|\bmethod\b.*\b(?:not found|not supported|not available|does not exist)/i;
/** The HTTP statuses with which servers say that: Bitcoin's has 404 (bitcoin, src/httprpc.cpp), others 400. */
const UNKNOWN_METHOD_STATUSES = [200, 400, 404];

/**
 * What a server may answer that has no health of its own: it lacks the service, or the name that was asked for (grpc,
 * doc/health-checking.md).
 */
const WITHOUT_HEALTH = { 5: 'nobody’s health is known', 12: 'it does not serve health' };
const SERVING = 1;

type Credentials = Required<Pick<HttpRequest, 'headers'>> & Pick<HttpRequest, 'user'>;
type Way = { probe: Shell; judge: (result: ProbeResult) => Verdict };

/** Every backend of every service, asked from each host that runs a relayer. */
export function backendChecks(context: CheckContext): Check[] {
  const { deployment, host, secrets } = context;
  if (!isIn(context, 'relay_relayers')) return [];
  const marks = secrets.named();
  const services = Object.entries(deployment.profile.relayminer?.services ?? {});
  return services.flatMap(([service, { backends }]) =>
    Object.entries(backends).flatMap(([transport, backend]) => {
      if (!backend) return [];
      const all = addresses(backend);
      return all.map(
        ({ name, url }): Check => ({
          id: ['backends', service, transport, ...(all.length > 1 ? [name] : [])].join('.'),
          group: 'backends',
          severity: 'critical',
          title: `${service} answers over ${transport}`,
          host,
          fix: `relayminer.services.${service}.backends.${transport} in the profile, or that node`,
          ...timed(
            way(transport as Transport, url, backend, credentials(backend, secrets.resolve), marks),
          ),
        }),
      );
    }),
  );
}

/** Tells how long a good answer took, as the relayer would have waited for it; one that took long is no good one. */
function timed({ probe, judge }: Way): Way {
  return {
    probe,
    judge: (result) => {
      const verdict = judge(result);
      if (verdict.verdict !== 'pass') return verdict;
      const evidence = `${verdict.evidence}, ${result.milliseconds} ms`;
      return result.milliseconds > SLOW_MILLISECONDS
        ? warn(`${evidence}; wanted: at most ${SLOW_MILLISECONDS}`)
        : pass(evidence);
    },
  };
}

function way(
  transport: Transport,
  url: string,
  backend: BackendSettings,
  signIn: Credentials,
  marks: readonly SecretValue[],
): Way {
  if (transport === 'websocket') return webSocket(url, signIn, marks);
  if (transport === 'grpc') return grpc(url, signIn, marks);
  if (transport === 'jsonrpc') return jsonRpc(url, backend, signIn, marks);
  if (transport === 'cometbft') {
    return {
      probe: httpProbe({ url: `${url.replace(/\/$/, '')}/status`, ...signIn }, marks),
      judge: (result) => httpVerdict(result, (answer) => cometVerdict(answer, backend.chain_id)),
    };
  }
  return rest(url, backend, signIn, marks);
}

function jsonRpc(
  url: string,
  { base_path = '', chain_id }: BackendSettings,
  signIn: Credentials,
  marks: readonly SecretValue[],
): Way {
  const path = base_path && !new URL(url).pathname.startsWith(base_path) ? base_path : '';
  return {
    probe: httpProbe(
      {
        ...signIn,
        url: path ? url.replace(/\/$/, '') + path : url,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signIn.headers },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
      },
      marks,
    ),
    judge: (result) => httpVerdict(result, (answer) => jsonRpcVerdict(answer, chain_id)),
  };
}

/**
 * Judges an answer to `eth_chainId`. Where no chain id is wanted, that the method is not known is an answer as well: only
 * EVM nodes have it. Any other error is one, such as that of a node that wants to be signed in at.
 */
export function jsonRpcVerdict(answer: HttpAnswer, chainId: string | undefined): Verdict {
  let said: { jsonrpc?: unknown; result?: unknown; error?: unknown } | null = null;
  try {
    said = JSON.parse(answer.body);
  } catch {
    // What is not JSON is judged below, like JSON that is not JSON-RPC.
  }
  if (!said || ((said.result ?? undefined) === undefined && !said.error)) {
    return fail(`HTTP ${answer.status} ${excerpt(answer.body)}, which is not JSON-RPC`);
  }
  if (said.error) {
    const { code, message = said.error } = said.error as { code?: unknown; message?: unknown };
    const words = typeof message === 'string' ? message : JSON.stringify(message);
    const unknown = code === UNKNOWN_METHOD || UNKNOWN_METHOD_WORDS.test(words);
    return chainId === undefined && unknown && UNKNOWN_METHOD_STATUSES.includes(answer.status)
      ? pass(`it speaks JSON-RPC: ${excerpt(words)}`)
      : fail(`HTTP ${answer.status}, eth_chainId: ${excerpt(words)}`);
  }
  const found = excerpt(
    typeof said.result === 'string' ? said.result : JSON.stringify(said.result),
  );
  if (answer.status !== 200) return fail(`HTTP ${answer.status} with chain id ${found}`);
  return chainId === undefined || sameChain(found, chainId)
    ? pass(`chain id ${found}`)
    : fail(`chain id ${found}; the profile says ${chainId}`);
}

/** Judges an answer to CometBFT's `/status`. */
export function cometVerdict(answer: HttpAnswer, chainId: string | undefined): Verdict {
  const network = networkOfStatus(answer);
  if (network === undefined) {
    return fail(`HTTP ${answer.status} ${excerpt(answer.body)}, which is not CometBFT`);
  }
  return chainId === undefined || network === chainId
    ? pass(`chain id ${network}`)
    : fail(`chain id ${network}; the profile says ${chainId}`);
}

function rest(
  url: string,
  { base_path = '', health_check }: BackendSettings,
  signIn: Credentials,
  marks: readonly SecretValue[],
): Way {
  const { endpoint, method, request_body, content_type, expected_body, expected_status } =
    health_check ?? {};
  const path = endpoint ?? (base_path || '/');
  return {
    probe: httpProbe(
      {
        url: url.replace(/\/$/, '') + path,
        ...(method !== undefined && method !== 'GET' && { method }),
        ...signIn,
        headers: { ...signIn.headers, ...(content_type && { 'content-type': content_type }) },
        ...(request_body !== undefined && { body: request_body }),
      },
      marks,
    ),
    judge: (result) =>
      httpVerdict(result, ({ status, body }) => {
        const good = expected_status?.includes(status) ?? (status >= 200 && status < 300);
        if (good && body.includes(expected_body ?? '')) return pass(`HTTP ${status}`);
        if (good) return fail(`HTTP ${status} without "${excerpt(expected_body ?? '')}"`);
        return endpoint === undefined && status < 500
          ? warn(`HTTP ${status} at ${path}: health_check.endpoint would tell where to ask`)
          : fail(`HTTP ${status} ${excerpt(body)}`);
      }),
  };
}

function webSocket(url: string, signIn: Credentials, marks: readonly SecretValue[]): Way {
  const config = curlConfig(
    {
      ...signIn,
      url: url.replace(/^ws/, 'http'),
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': WEBSOCKET_KEY,
        ...signIn.headers,
      },
    },
    marks,
  );
  return {
    // The connection stays open after the upgrade, so the probe leaves when the headers are there.
    probe: sh`
      sed '/^\r\{0,1\}$/q' < <(http ${config} --http1.1 --dump-header - --output /dev/null 2>"$scratch.errors")
      cat "$scratch.errors" >&2
    `,
    judge: webSocketVerdict,
  };
}

/** Judges the head of an answer to a WebSocket handshake (RFC 6455, 4.1). */
export function webSocketVerdict(result: ProbeResult): Verdict {
  const [first = '', ...headers] = result.output.split(/\r?\n/);
  if (first === '') return fail(`no answer: ${lastWords(result)}`);
  if (!/^HTTP\/1\.1 101\b/.test(first)) return fail(`no upgrade: ${excerpt(first)}`);
  const accept = headers.find((line) => /^sec-websocket-accept:/i.test(line));
  return accept?.slice(accept.indexOf(':') + 1).trim() === WEBSOCKET_ACCEPT
    ? pass('101, upgraded')
    : fail('101, but the answer does not belong to the question');
}

function grpc(address: string, signIn: Credentials, marks: readonly SecretValue[]): Way {
  return {
    // Hardly a backend serves health; that it is not implemented is the answer of a gRPC server as well.
    probe: grpcProbe(
      { address, insecure: true, method: '/grpc.health.v1.Health/Check', ...signIn },
      marks,
    ),
    judge: (result) => grpcVerdict(result, healthVerdict),
  };
}

/** Judges an answer to Health/Check; its status is field 1 (grpc, src/proto/grpc/health/v1/health.proto). */
export function healthVerdict(answer: GrpcAnswer): Verdict {
  const { status, response } = answer;
  if (status === 0) {
    return numberOf(response, 1) === SERVING
      ? pass('SERVING')
      : fail('gRPC status 0, yet its health is not SERVING');
  }
  return status in WITHOUT_HEALTH
    ? pass(`gRPC status ${status}: ${WITHOUT_HEALTH[status as keyof typeof WITHOUT_HEALTH]}`)
    : fail(`${grpcRefusal(answer)}; wanted: SERVING, 5 or 12`);
}

function addresses({ url, urls }: BackendSettings): { name: string; url: string }[] {
  const given = urls ?? (url === undefined ? [] : [url]);
  return given.map((one, index) =>
    typeof one === 'string' ? { name: String(index + 1), url: one } : one,
  );
}

/** What the relayer sends along: its own headers, and how it signs in (pocket-relay-miner, relayer/proxy.go, v0.1.x). */
function credentials(
  { headers = {}, authentication = {} }: BackendSettings,
  resolve: (value: string) => string,
): Credentials {
  const { username, password, bearer_token, plain_token } = authentication;
  const token = bearer_token === undefined ? plain_token : `Bearer ${resolve(bearer_token)}`;
  return {
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, resolve(value)])),
      ...(token !== undefined && { authorization: resolve(token) }),
    },
    ...(username !== undefined && { user: `${resolve(username)}:${resolve(password ?? '')}` }),
  };
}

/** Chain ids are written in decimal or in hexadecimal digits. */
function sameChain(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return BigInt(a) === BigInt(b);
  } catch {
    return false;
  }
}
