import { backend } from '../../lab/profile.ts';
import type { Breakage } from '../breakage.ts';
import { LAB_CHAIN, OTHER_CHAIN, otherChain } from '../other-chain.ts';

const { pocket_rpc_url, pocket_api_url, pocket_grpc_address, indexer_url } = OTHER_CHAIN;
const only = ['chain'];

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'chain.rpc',
    breaks: [otherChain('CHAIN_ID=pocket'), { profile: { pocket_rpc_url } }],
    evidence: /chain id pocket; wanted: pocket-lego-testnet/,
    fix: /pocket_rpc_url in the profile .*, or pocket_network/,
    mends: LAB_CHAIN,
    alsoFails: ['chain.agree'],
    only,
  },
  {
    check: 'chain.sync',
    breaks: [otherChain('CATCHING_UP=true'), { profile: { pocket_rpc_url } }],
    evidence: /it is catching up, at 900000/,
    fix: /pocket_rpc_url in the profile/,
    mends: LAB_CHAIN,
    alsoFails: ['chain.agree'],
    only,
  },
  {
    check: 'chain.sync',
    breaks: [otherChain('HALTED=true'), { profile: { pocket_rpc_url } }],
    evidence: /^block 900000 is 3\d{3} s old; wanted: at most \d+ s$/,
    fix: /pocket_rpc_url in the profile/,
    mends: LAB_CHAIN,
    alsoFails: ['chain.agree'],
    only,
  },
  {
    check: 'chain.grpc',
    breaks: [otherChain('CHAIN_ID=pocket'), { profile: { pocket_grpc_address } }],
    evidence: /chain id pocket; wanted: pocket-lego-testnet/,
    fix: /pocket_grpc_address and pocket_grpc_insecure in the profile/,
    mends: LAB_CHAIN,
    alsoFails: ['chain.agree'],
    only,
  },
  {
    check: 'chain.api',
    breaks: [otherChain('CHAIN_ID=pocket'), { profile: { pocket_api_url } }],
    evidence: /chain id pocket; wanted: pocket-lego-testnet/,
    fix: /pocket_api_url in the profile/,
    mends: LAB_CHAIN,
    alsoFails: ['chain.agree'],
    only,
  },
  {
    check: 'chain.agree',
    breaks: [otherChain('CATCHING_UP=true'), { profile: { pocket_api_url } }],
    evidence: /REST 900000: \d+ blocks apart; wanted: at most 3/,
    fix: /pocket_api_url in the profile: wait for the node that is behind/,
    mends: LAB_CHAIN,
    only,
  },
  {
    check: 'chain.gas-price',
    breaks: [otherChain('MINIMUM_GAS_PRICES=1upokt'), { profile: { pocket_grpc_address } }],
    evidence: /^it asks for 1upokt or more; the miner pays 0\.000001upokt$/,
    fix: /relayminer\.gas_price in the profile, or minimum-gas-prices in app\.toml/,
    mends: LAB_CHAIN,
    alsoFails: ['chain.agree'],
    only,
  },
  {
    check: 'chain.supplier-parameters',
    breaks: [otherChain('COSMOS_REST_ONLY=true'), { profile: { pocket_api_url } }],
    evidence: /^HTTP 501 .*Not Implemented/,
    fix: /pocket_api_url in the profile .* no proxy before it that keeps paths back/,
    mends: LAB_CHAIN,
    alsoFails: ['chain.agree'],
    only,
  },
  {
    check: 'chain.indexer',
    breaks: [otherChain('CHAIN_ID=pocket'), { profile: { indexer_url } }],
    evidence: /^it indexes pocket; wanted: pocket-lego-testnet$/,
    fix: /indexer_url in the profile/,
    mends: LAB_CHAIN,
    only,
  },
  {
    check: 'chain.services',
    breaks: [
      {
        profile: ({ lab }) => ({
          relayminer: { services: { polygon: backend(lab?.address ?? '') } },
        }),
      },
    ],
    evidence: /^the chain has no polygon \(poly on main\)$/,
    fix: /relayminer\.services in the profile: only ids that the chain has/,
    mends: [{ profile: {} }],
    only,
  },
];
