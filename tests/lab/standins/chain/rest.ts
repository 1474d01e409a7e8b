/** REST (gRPC gateway) of the stand-in chain. */
import http from 'node:http';
import { sendJson } from '../shared/http.ts';
import { type Blocks, nanoTime } from './blocks.ts';
import { minimumStake, services, sharedParams, versions } from './facts.ts';
import { nodeId } from './rpc.ts';
import { type Account, endpointsOf, type Settings, type Supplier } from './settings.ts';

/** A staked supplier as `/pokt-network/poktroll/supplier/supplier/{operator}` shows it. */
function shown(
  settings: Settings,
  { address, stake, services, unstakeSessionEndHeight }: Supplier,
) {
  return {
    owner_address: address,
    operator_address: address,
    stake: { denom: 'upokt', amount: stake },
    services: services.map((service_id) => ({
      service_id,
      endpoints: endpointsOf(settings, service_id).map(({ url, rpcType }) => ({
        url,
        rpc_type: rpcType,
        configs: [],
      })),
      rev_share: [{ address, rev_share_percentage: '100' }],
    })),
    unstake_session_end_height: String(unstakeSessionEndHeight),
    service_config_history: [],
  };
}

/** An account as `/cosmos/auth/v1beta1/accounts/{address}` shows it. */
function shownAccount({ address, publicKey }: Account, number: number) {
  const key = Buffer.from(publicKey, 'hex').toString('base64');
  return {
    account: {
      '@type': '/cosmos.auth.v1beta1.BaseAccount',
      address,
      pub_key: publicKey ? { '@type': '/cosmos.crypto.secp256k1.PubKey', key } : null,
      account_number: String(number),
      sequence: publicKey ? '1' : '0',
    },
  };
}

/** Makes the REST server. */
export function restServer(settings: Settings, blocks: Blocks): http.Server {
  const paths: Record<string, () => unknown> = {
    '/cosmos/base/tendermint/v1beta1/node_info': () => ({
      default_node_info: {
        protocol_version: { p2p: '8', block: '11', app: '0' },
        default_node_id: nodeId,
        listen_addr: 'tcp://0.0.0.0:26656',
        network: settings.chainId,
        version: versions.cometbft,
        channels: 'QCAhIiMwOGBhAA==',
        moniker: 'stand-in-pocket-chain',
        other: { tx_index: 'on', rpc_address: 'tcp://0.0.0.0:26657' },
      },
      application_version: {
        name: 'pocket',
        app_name: 'pocketd',
        version: versions.pocketd,
        git_commit: '',
        build_tags: '',
        go_version: '',
        build_deps: [],
        cosmos_sdk_version: versions.sdk,
      },
    }),
    '/cosmos/base/tendermint/v1beta1/syncing': () => ({ syncing: settings.catchingUp }),
    '/cosmos/base/tendermint/v1beta1/blocks/latest': () => {
      const { height, time, hash } = blocks.latest();
      const header = { chain_id: settings.chainId, height: String(height), time: nanoTime(time) };
      return {
        block_id: { hash: Buffer.from(hash, 'hex').toString('base64') },
        block: { header, data: { txs: [] } },
      };
    },
    '/cosmos/base/node/v1beta1/status': () => {
      const { height, time } = blocks.latest();
      return { earliest_store_height: '0', height: String(height), timestamp: nanoTime(time) };
    },
    '/cosmos/base/node/v1beta1/config': () => ({
      minimum_gas_price: settings.leastGasPrices,
    }),
    '/pokt-network/poktroll/supplier/params': () => ({
      params: { min_stake: minimumStake, staking_fee: { denom: 'upokt', amount: '1' } },
    }),
    '/pokt-network/poktroll/shared/params': () => ({ params: sharedParams }),
    '/pokt-network/poktroll/service/service': () => ({
      service: services,
      pagination: { next_key: null, total: String(services.length) },
    }),
    '/pokt-network/poktroll/supplier/supplier': () => ({
      supplier: [...settings.suppliers.values()].map((one) => shown(settings, one)),
      pagination: { next_key: null, total: String(settings.suppliers.size) },
    }),
  };

  const one = (path: string): unknown => {
    const service = path.match(/^\/pokt-network\/poktroll\/service\/service\/([^/]+)$/)?.[1];
    const found = services.find(({ id }) => id === service);
    if (found) return { service: found };
    const operator = path.match(/^\/pokt-network\/poktroll\/supplier\/supplier\/([^/]+)$/)?.[1];
    const supplier = settings.suppliers.get(operator ?? '');
    if (supplier) return { supplier: shown(settings, supplier) };
    const account = settings.accounts.get(
      path.match(/^\/cosmos\/auth\/v1beta1\/accounts\/([^/]+)$/)?.[1] ?? '',
    );
    if (account) return shownAccount(account, [...settings.accounts.values()].indexOf(account) + 1);
    const holder = path.match(/^\/cosmos\/bank\/v1beta1\/balances\/([^/]+)\/by_denom$/)?.[1];
    // Who never received anything has nothing, which is no error.
    const amount = settings.accounts.get(holder ?? '')?.balance ?? '0';
    return holder && { balance: { denom: 'upokt', amount } };
  };

  return http.createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://chain').pathname;
    const isThere = !settings.cosmosRestOnly || !path.startsWith('/pokt-network/');
    const asked = isThere && request.method === 'GET';
    const answer = asked ? (paths[path]?.() ?? one(path)) : undefined;
    if (answer) return sendJson(response, 200, answer);
    const module =
      isThere &&
      /^\/(pokt-network\/poktroll\/(service\/service|supplier\/supplier)|cosmos\/auth\/v1beta1\/accounts)\//.test(
        path,
      );
    return module
      ? sendJson(response, 404, { code: 5, message: 'not found', details: [] })
      : sendJson(response, 501, { code: 12, message: 'Not Implemented', details: [] });
  });
}
