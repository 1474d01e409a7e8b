/** The flags of `relay <mode>`. Source: pokt-network/pocket-relay-miner, cmd/cmd_relay.go, v0.1.x and ad37bcb. */
import { parseArgs } from 'node:util';

/** The transports that the client can ask over. */
export const modes = ['jsonrpc', 'websocket', 'grpc', 'stream', 'cometbft'] as const;
/** One of them. */
export type Mode = (typeof modes)[number];

const text = { type: 'string' } as const;

/** What is asked for. */
export type RelayFlags = {
  mode: Mode;
  service: string;
  node: string;
  nodeTls: boolean;
  relayerUrl: string;
  supplier: string;
  keysFile: string;
  keyId: string;
  payload: string | undefined;
  timeoutMs: number;
};

/** Reads them; throws with the reason when something is missing or wrong, or not built here. */
export function readFlags(args: string[]): RelayFlags {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      service: text,
      node: text,
      'grpc-tls': { type: 'boolean', default: false },
      'chain-id': text,
      'relayer-url': { ...text, default: 'http://localhost:8080' },
      supplier: text,
      'keys-file': text,
      payload: text,
      timeout: { ...text, default: '120' },
      simulate: { type: 'boolean', default: false },
      'sim-key-id': text,
    },
  });
  const mode = modes.find((one) => one === positionals[0]);
  if (!mode || positionals.length > 1) throw new Error(`expected one of ${modes.join(', ')}`);
  const required = (name: keyof typeof values): string => {
    const value = values[name];
    if (typeof value !== 'string' || value === '') throw new Error(`--${name} is required`);
    return value;
  };
  if (!values.simulate) throw new Error('this stand-in makes simulated relays only: --simulate');
  if (!values['keys-file']) throw new Error('an application key is required: --keys-file <path>');
  const service = required('service');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(service)) throw new Error(`invalid service ID: ${service}`);
  required('chain-id');
  const url = values['relayer-url'];
  if (!URL.canParse(url)) throw new Error(`invalid relayer URL: ${url}`);
  if (new URL(url).username !== '') throw new Error('credentials in URL are not allowed');
  const seconds = Number(values.timeout);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3600)
    throw new Error('--timeout must be from 1 to 3600');
  return {
    mode,
    service,
    node: required('node'),
    nodeTls: values['grpc-tls'],
    relayerUrl: url.replace(/\/+$/, ''),
    supplier: required('supplier'),
    keysFile: values['keys-file'],
    keyId: required('sim-key-id'),
    payload: values.payload,
    timeoutMs: seconds * 1000,
  };
}
