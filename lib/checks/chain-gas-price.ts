import { leastGasPricesOf, nodeConfigQuery } from '../probes/chain-queries.ts';
import { grpcProbe, readGrpc } from '../probes/grpc.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { excerpt, fail, pass, skip } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

/** A decimal with at most the 18 places that the chain computes with, and its denomination. */
const PRICE = /^(\d*)(?:\.(\d{1,18}))?([a-z][\w/:.-]*)$/i;
const PLACES = 18;

/** Whether the node takes what the miner pays for gas: it refuses claims and proofs that pay less, and so the rewards. */
export function gasPriceChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const { grpcAddress: address, grpcInsecure: insecure } = deployment.network;
  const paid = deployment.profile.relayminer?.gas_price;
  if (!isIn(context, 'relay_miners') || address === undefined || paid === undefined) return [];
  return [
    {
      id: 'chain.gas-price',
      group: 'chain',
      severity: 'critical',
      title: 'The node takes what the miner pays for gas',
      host,
      probe: grpcProbe({ ...nodeConfigQuery(), address, insecure }),
      fix: 'relayminer.gas_price in the profile, or minimum-gas-prices in app.toml of a node of your own',
      judge: (result) => gasPriceVerdict(result, paid),
    },
  ];
}

/**
 * Judges the least gas prices that a node told, of which one has to be paid, in whichever denomination (cosmos-sdk,
 * x/auth/ante/validator_tx_fee.go, v0.53).
 */
function gasPriceVerdict(result: ProbeResult, paid: string): Verdict {
  const least = leastGasPricesOf(result.status === 0 ? readGrpc(result.output) : undefined);
  if (least === undefined) return skip('the chain’s gRPC does not tell the node’s least gas price');
  if (least === '') return pass(`it asks for no least price; the miner pays ${paid}`);
  const ours = priceOf(paid);
  const wanted = least
    .split(',')
    .map(priceOf)
    .find((one) => one !== undefined && one.denomination === ours?.denomination);
  const evidence = `it asks for ${excerpt(wanted?.text ?? least)} or more; the miner pays ${paid}`;
  return ours && wanted && ours.amount >= wanted.amount ? pass(evidence) : fail(evidence);
}

/** A price, its amount as a whole number of the chain's smallest decimal; `undefined` for what is none. */
function priceOf(text: string) {
  const [, whole = '', fraction = '', denomination = ''] = PRICE.exec(text) ?? [];
  if (denomination === '') return undefined;
  const shown = `${whole || 0}.${fraction}`.replace(/\.?0*$/, '');
  return {
    amount: BigInt(whole + fraction.padEnd(PLACES, '0')),
    denomination,
    text: shown + denomination,
  };
}
