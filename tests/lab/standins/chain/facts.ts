/** Facts that every interface of the stand-in chain repeats. */

export const versions = { pocketd: '0.1.35', cometbft: '0.38.19', sdk: 'v0.53.0' };

/** Module parameters. Source: pokt-network/poktroll, x/shared, x/supplier; mainnet's values of 2026. */
export const sharedParams = {
  num_blocks_per_session: '20',
  grace_period_end_offset_blocks: '1',
  claim_window_open_offset_blocks: '1',
  claim_window_close_offset_blocks: '4',
  proof_window_open_offset_blocks: '0',
  proof_window_close_offset_blocks: '4',
  supplier_unbonding_period_sessions: '504',
  application_unbonding_period_sessions: '504',
  compute_units_to_tokens_multiplier: '42',
};

export const minimumStake = { denom: 'upokt', amount: '59500000000' };

const rpcTypes = ['JSON_RPC', 'WEBSOCKET'];

/** Services of the registry: id, name, compute units per relay, transports. */
export const services = [
  { id: 'eth', name: 'Ethereum' },
  { id: 'base', name: 'Base' },
  { id: 'poly', name: 'Polygon' },
  { id: 'bsc', name: 'BNB Smart Chain' },
  { id: 'anvil', name: 'Anvil (development)' },
].map(({ id, name }) => ({
  id,
  name,
  compute_units_per_relay: '2600',
  owner_address: 'pokt1lf0kekv9zcv9v3wy4v6jx2wh7v4665s8e0sl9s',
  metadata: { card: Buffer.from(JSON.stringify({ rpc_types: rpcTypes })).toString('base64') },
}));
