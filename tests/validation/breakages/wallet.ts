import type { Breakage } from '../breakage.ts';
import { LAB_CHAIN, OTHER_CHAIN, otherChain } from '../other-chain.ts';

const { pocket_grpc_address } = OTHER_CHAIN;
const away = { profile: { pocket_grpc_address } };
const only = ['wallet'];

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'wallet.account',
    verdict: 'warn',
    breaks: [otherChain('ACCOUNTS='), away],
    evidence: /pokt1\w+ does not exist/,
    fix: /send the account some POKT/,
    mends: LAB_CHAIN,
    alsoFails: ['wallet.public-key', 'wallet.balance'],
    only,
  },
  {
    check: 'wallet.public-key',
    verdict: 'warn',
    breaks: [otherChain('ACCOUNTS=${accounts%:*}'), away],
    evidence: /pokt1\w+ never signed a transaction/,
    fix: /sign any transaction with the key/,
    mends: LAB_CHAIN,
    only,
  },
  {
    check: 'wallet.balance',
    verdict: 'warn',
    breaks: [otherChain('ACCOUNTS=${accounts/:20000000:/:999999:}'), away],
    evidence: /pokt1\w+ has 0\.999999 POKT/,
    fix: /send the account POKT/,
    mends: LAB_CHAIN,
    only,
  },
  {
    check: 'wallet.stake',
    verdict: 'warn',
    breaks: [otherChain('STAKED_SUPPLIERS='), away],
    evidence: /pokt1\w+ is not staked$/,
    fix: /stake it with its owner’s wallet/,
    mends: LAB_CHAIN,
    alsoFails: ['wallet.services', 'wallet.endpoints'],
    only,
  },
  {
    check: 'wallet.services',
    verdict: 'warn',
    breaks: [otherChain('STAKED_SUPPLIERS=${suppliers/:anvil/:eth}'), away],
    evidence: /pokt1\w+ is not staked for anvil and is staked for eth, not served here$/,
    fix: /relayminer\.services in the profile, or stake the supplier again/,
    mends: LAB_CHAIN,
    alsoFails: ['wallet.endpoints'],
    only,
  },
  {
    check: 'wallet.endpoints',
    verdict: 'warn',
    breaks: [otherChain('STAKED_ENDPOINTS=${endpoints//relay.lab/elsewhere.lab}'), away],
    evidence:
      /pokt1\w+ is staked for anvil over JSON_RPC at https:\/\/elsewhere\.lab\.internal \(wanted: https:\/\/relay\.lab\.internal\), anvil over WEBSOCKET at wss:\/\/elsewhere\.lab\.internal \(wanted: wss:\/\/relay\.lab\.internal\)$/,
    fix: /stake the supplier again with the URLs that the report has/,
    mends: LAB_CHAIN,
    only,
  },
  {
    check: 'wallet.endpoints',
    verdict: 'warn',
    breaks: [otherChain('STAKED_ENDPOINTS=$endpoints,anvil=REST=https://relay.lab.internal'), away],
    evidence:
      /is staked for anvil over REST at https:\/\/relay\.lab\.internal \(no backend here\)$/,
    fix: /relayminer\.services and relay_public_domain in the profile/,
    mends: LAB_CHAIN,
    only,
  },
];
