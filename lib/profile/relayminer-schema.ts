import * as z from 'zod';
import { isPoktAddress } from '../bech32.ts';
import {
  amountOfMemory,
  boolean,
  count,
  filePath,
  freeText,
  hasRealAddress,
  oneOf,
  text,
  url,
} from './fields.ts';

/**
 * The part of a profile that becomes RelayMiner's configuration. Its keys are those which both the released line and
 * its predecessor accept (pocket-relay-miner, relayer/config.go, commit ad37bcbd and v0.1.x); anything else would be
 * ignored by the one and refused by the other.
 */

/** The transports a backend can speak, as the relayer names them. */
export const TRANSPORTS = ['jsonrpc', 'rest', 'websocket', 'grpc', 'cometbft'] as const;
/** One of them. */
export type Transport = (typeof TRANSPORTS)[number];

const value = () => freeText('text on one line', /^[^\0\r\n]+$/);
const headerName = text('a header name', /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/);
const headers = z
  .record(headerName, value(), { error: 'a mapping of header names to values' })
  .optional();

const healthCheck = z.strictObject({
  enabled: boolean.default(true).describe('Whether the backend is probed.'),
  endpoint: freeText('a path that begins with /', /^\/\S*$/)
    .optional()
    .describe('The path to probe.'),
  interval_seconds: count(1, 86_400).default(30).describe('Seconds between two probes.'),
  timeout_seconds: count(1, 3600).optional().describe('Seconds to wait for an answer.'),
  unhealthy_threshold: count(1, 1000).optional().describe('Failures until it counts as down.'),
  healthy_threshold: count(1, 1000).optional().describe('Successes until it counts as up.'),
  method: oneOf(['GET', 'POST', 'HEAD']).optional().describe('The HTTP method. Default: GET.'),
  request_body: freeText('text without a NUL byte', /^[^\0]*$/)
    .optional()
    .describe('The body to send.'),
  content_type: value().optional().describe('The type of that body.'),
  expected_body: freeText('text without a NUL byte', /^[^\0]*$/)
    .optional()
    .describe('What the answer must contain.'),
  expected_status: z
    .array(count(100, 599), { error: 'a list of HTTP statuses' })
    .optional()
    .describe('The statuses that count as healthy. Default: any 2xx.'),
  headers: headers.describe('Headers of the probe only; values may be secret references.'),
});

const endpointUrl = (schemes: readonly string[]) => {
  const withScheme = url(schemes);
  // gRPC backends are host:port, which is the one form every version of the relayer dials.
  return schemes.length > 0
    ? withScheme
    : text(
        'host:port without a scheme',
        /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/,
      )
        .refine((value) => Number(value.slice(value.lastIndexOf(':') + 1)) <= 65_535, {
          error: 'a port up to 65535',
        })
        .refine(hasRealAddress, { error: 'an IPv6 address in the brackets' });
};

function backend(schemes: readonly string[], probed: boolean) {
  return z.strictObject({
    url: endpointUrl(schemes).optional().describe('The address of the backend.'),
    urls: z
      .array(
        z.union([
          endpointUrl(schemes),
          z.strictObject({
            name: text('a name', /^[A-Za-z0-9._-]{1,64}$/).describe('What metrics call it.'),
            url: endpointUrl(schemes).describe('The address of the backend.'),
          }),
        ]),
        { error: 'a list of addresses' },
      )
      .min(1, { error: 'at least one address' })
      .optional()
      .describe('Several backends, instead of url.'),
    base_path: freeText('a path that begins with /', /^\/\S*$/)
      .optional()
      .describe('Put before a request’s path where it is missing.'),
    load_balancing: oneOf(['round_robin', 'first_healthy'])
      .optional()
      .describe('How one of several is chosen.'),
    headers: headers.describe('Headers sent to the backend; values may be secret references.'),
    authentication: z
      .strictObject({
        username: value().optional().describe('HTTP basic: the user.'),
        password: value().optional().describe('HTTP basic: the password, or a reference to it.'),
        bearer_token: value().optional().describe('Sent as a bearer token; or a reference.'),
        plain_token: value().optional().describe('Sent as it is; or a reference.'),
      })
      .optional()
      .describe('How the relayer signs in at the backend.'),
    max_retries: count(0, 3).optional().describe('How often a failed request is tried again.'),
    recovery_timeout_seconds: count(0, 86_400)
      .optional()
      .describe('Seconds until an unhealthy backend is tried again; 0: never.'),
    health_check: healthCheck
      .optional()
      .describe(
        probed
          ? 'How the relayer probes the backend.'
          : 'Leave it out: a plain HTTP probe marks a working backend of this kind as down.',
      ),
    chain_id: text('a chain id, for example 0x1 or 1', /^[A-Za-z0-9._-]{1,64}$/)
      .optional()
      .describe('What eth_chainId must answer; asked by validation only.'),
  });
}

const RFC_3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

const http = ['http', 'https'];
const service = z.strictObject({
  validation_mode: oneOf(['eager', 'optimistic'])
    .optional()
    .describe('eager: verify a relay, then serve it; optimistic: the other way round.'),
  timeout_profile: oneOf(['fast', 'streaming'])
    .optional()
    .describe('fast: 30 seconds; streaming: 10 minutes, for language models.'),
  default_backend: oneOf(TRANSPORTS)
    .optional()
    .describe('The backend for a relay that does not name its transport. Default: jsonrpc.'),
  max_body_size_bytes: count(1, 2 ** 31 - 1)
    .optional()
    .describe('The largest body, in bytes.'),
  backends: z
    .strictObject(
      {
        jsonrpc: backend(http, true).optional().describe('JSON-RPC over HTTP.'),
        rest: backend(http, true).optional().describe('REST.'),
        websocket: backend(['ws', 'wss'], false).optional().describe('WebSocket.'),
        grpc: backend([], false).optional().describe('gRPC without TLS.'),
        cometbft: backend(http, true).optional().describe('CometBFT RPC.'),
      },
      { error: 'a mapping of transports to backends' },
    )
    .describe('The nodes that answer, by transport.'),
});

const limits = (who: string, memory: string) =>
  z
    .strictObject({
      memory: amountOfMemory(memory)
        .optional()
        .describe(`The most memory that each ${who} may use. Default: ${memory}.`),
      cpus: count(1, 1024)
        .optional()
        .describe(
          `How many processors each ${who} may use, at most as many as its host has. Default: all of them.`,
        ),
    })
    .prefault({})
    .describe(`What each ${who} may use of its host.`);

/** `relayminer` of a profile. */
export const relayminer = z.strictObject({
  keys_file: filePath
    .optional()
    .describe('The supplier keys: a YAML file with a list `keys`, or env:NAME or cmd:COMMAND.'),
  services: z
    .record(
      // poktroll, x/shared/types/service.go, v0.1.35: nothing longer can exist on chain.
      text('a service id of letters, digits, - and _, at most 42', /^[A-Za-z0-9_-]{1,42}$/),
      service,
      { error: 'a mapping of service ids to services' },
    )
    .default({})
    .describe('What is served, by the service ids on chain.'),
  default_validation_mode: oneOf(['eager', 'optimistic'])
    .default('eager')
    .describe('For services that do not say it themselves.'),
  log_level: oneOf(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('How much is logged.'),
  block_time_seconds: count(1, 3600)
    .optional()
    .describe('Seconds between two blocks. Default: the network’s.'),
  gas_price: text(
    'a decimal and upokt, such as 0.000001upokt',
    // A decimal of cosmos-sdk has 18 places (math/legacy_dec.go, v1.5).
    /^\d{1,9}(?:\.\d{1,18})?upokt$/,
  )
    // pocket-relay-miner, tx/tx_client.go, v0.1.x.
    .default('0.000001upokt')
    .describe(
      'What the miner pays for a unit of gas, in uPOKT. A node refuses what pays less than the minimum-gas-prices of its app.toml: 1upokt in a new one that nobody has edited.',
    ),
  known_applications: z
    .array(
      z
        .string({ error: 'a pokt1… address' })
        .refine(isPoktAddress, { error: 'a pokt1… address with a valid checksum' }),
      { error: 'a list of pokt1… addresses' },
    )
    .default([])
    .describe('Applications whose data is loaded before their first relay.'),
  relayer: limits('relayer', '2gb'),
  miner: limits('miner', '4gb'),
  simulation: z
    .strictObject({
      enabled: boolean
        .default(true)
        .describe(
          'Whether relayers serve simulated relays to who holds the deployment’s own two keys for them: validate --relay proves a relay with one. They are never charged and never published.',
        ),
      not_after: text('a time such as 2036-01-01T00:00:00Z', RFC_3339)
        .default('2036-01-01T00:00:00Z')
        .describe('When these keys cease to be accepted.'),
    })
    .prefault({})
    .describe('Simulated relays, which prove the way of a relay without a stake.'),
});

/** A service of a profile. */
export type ServiceSettings = z.output<typeof service>;
/** A backend of a service. */
export type BackendSettings = NonNullable<ServiceSettings['backends'][Transport]>;
