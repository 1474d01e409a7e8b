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
    alsoFails: ['wallet.services'],
    only,
  },
  {
    check: 'wallet.services',
    verdict: 'warn',
    breaks: [otherChain('STAKED_SUPPLIERS=${suppliers/:anvil/:eth}'), away],
    evidence: /pokt1\w+ is not staked for anvil and is staked for eth, not served here$/,
    fix: /relayminer\.services in the profile, or stake the supplier again/,
    mends: LAB_CHAIN,
    only,
  },
];
