import { readFileSync } from 'node:fs';
import type { Deployment } from '../../lib/deployment.ts';
import { bundleTar } from '../../lib/images/bundle.ts';
import { relayUrls } from '../../lib/report/relay-urls.ts';
import type { Connection } from '../../lib/run/connection.ts';
import { parseSupplierKeys, type SupplierKey } from '../../lib/secrets/keys.ts';
import { type Shell, sh } from '../../lib/shell.ts';
import { LAB_BUNDLE } from './paths.ts';

/** The stand-in for an operator's own node, which answers what the relayer forwards. */
export const BACKEND = 'standin/json-rpc-backend:1';
/** The stand-in for the Pocket chain. */
export const CHAIN = 'standin/pocket-chain:1';

/** What is so on the chain of the stand-ins. */
export interface ChainState {
  /** Whether the suppliers of the deployment are staked for what it serves; not where absent. */
  staked?: boolean;
}

/**
 * Runs the stand-ins for what a deployment finds outside of it: a backend, and with `deployment` the Pocket chain, on
 * which its suppliers have funds and signed something once. They run beside the deployment on its host, at the host's own
 * address, so that they are reached like real ones. All of them answer when this returns.
 * @throws Error when one does not, within a minute
 */
export async function startStandIns(
  connection: Connection,
  address: string,
  deployment: Deployment | undefined,
  state: ChainState = {},
): Promise<void> {
  const images = deployment ? [BACKEND, CHAIN] : [BACKEND];
  const missing = await output(
    connection,
    sh`for image in ${images}; do docker image inspect "$image" >/dev/null 2>&1 || echo "$image"; done`,
  );
  if (missing !== '') {
    const { tar } = await bundleTar(LAB_BUNDLE, missing.split('\n'));
    await connection.feed(sh`docker load --quiet`, tar);
  }
  await start(connection, 'backend', [`${address}:8545:8545`], ['EVM_CHAIN_ID=31337'], BACKEND);
  if (!deployment) return untilAnswered(connection, [`http://${address}:8545/health`]);
  // Its gRPC moves aside: on one host with a relayer, 9090 is the relayer's.
  const ports = ['26657:26657', '19090:9090', '1317:1317', '8088:8088'].map(
    (port) => `${address}:${port}`,
  );
  const keys = keysOf(deployment);
  const services = Object.keys(deployment.profile.relayminer?.services ?? {}).join('+');
  const accounts = keys.map(({ address, publicKey }) => `${address}:20000000:${publicKey}`);
  const suppliers = state.staked ? keys.map(({ address }) => `${address}:${services}`) : [];
  const endpoints = state.staked ? endpointsOf(deployment) : [];
  const variables = [
    `CHAIN_ID=${deployment.network.chainId}`,
    `ACCOUNTS=${accounts.join(',')}`,
    `STAKED_SUPPLIERS=${suppliers.join(',')}`,
    `STAKED_ENDPOINTS=${endpoints.join(',')}`,
  ];
  await start(connection, 'chain', ports, variables, CHAIN);
  const paths = ['8545/health', '26657/status', '1317/cosmos/base/tendermint/v1beta1/syncing'];
  await untilAnswered(
    connection,
    paths.map((path) => `http://${address}:${path}`),
    [`http://${address}:19090/`],
  );
}

/** The address of a host on the way to the internet. */
export function ownAddress(connection: Connection): Promise<string> {
  return output(connection, sh`ip -4 route get 192.0.2.1 | sed -nE 's/.* src ([0-9.]+).*/\1/p'`);
}

function keysOf({ profile }: Deployment): SupplierKey[] {
  const file = profile.relayminer?.keys_file?.replace(/^file:/, '');
  return file ? parseSupplierKeys(readFileSync(file, 'utf8'), file) : [];
}

/** What the report says to stake with. */
function endpointsOf(deployment: Deployment): string[] {
  return relayUrls(deployment).map(
    ({ serviceId, rpcType = 'COMET_BFT', url }) => `${serviceId}=${rpcType}=${url}`,
  );
}

async function start(
  connection: Connection,
  name: string,
  ports: string[],
  variables: string[],
  image: string,
): Promise<void> {
  const container = `pocket-lab-${name}`;
  const publish = ports.flatMap((port) => ['--publish', port]);
  const environment = variables.flatMap((variable) => ['--env', variable]);
  await output(
    connection,
    sh`docker start ${container} 2>/dev/null ||
      docker run --detach --name ${container} --restart unless-stopped ${publish} ${environment} ${image}`,
  );
}

/** Waits, since a container runs some time before what is in it listens; whatever comes over HTTP/2 is an answer. */
async function untilAnswered(
  connection: Connection,
  urls: string[],
  http2Urls: string[] = [],
): Promise<void> {
  await output(
    connection,
    sh`
      answers() { curl --silent --noproxy '*' --max-time 5 --output /dev/null "$@"; }
      until_answered() {
        until answers "$@"; do
          ((SECONDS < 180)) || { printf 'no stand-in answers: %s\n' "$*"; exit 1; }
          sleep 0.2
        done
      }
      for url in ${urls}; do until_answered --fail "$url"; done
      for url in ${http2Urls}; do until_answered --http2-prior-knowledge "$url"; done
    `,
  );
}

/** What a script prints, trimmed. Throws Error with its output when it fails. */
async function output(connection: Connection, script: Shell): Promise<string> {
  const lines: string[] = [];
  const status = await connection.run(`exec 2>&1\n${script.text}\n`, (line) => lines.push(line));
  if (status !== 0) throw new Error(`${connection.host.name}: ${lines.join('\n')}`);
  return lines.join('\n').trim();
}
