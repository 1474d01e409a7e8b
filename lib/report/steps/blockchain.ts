import { publicKey } from '../../secrets/secrets.ts';
import type { ReportInput } from '../input.ts';
import { code } from '../markdown.ts';
import type { Answer, Field, Step } from '../wizard.ts';
import { word } from '../words.ts';

/** What a supplier must stake at least on main and beta, in POKT. Source: poktroll, supplier params, late 2026. */
const CHAIN_MINIMUM_POKT = 59_500;

/** What differs between the two applications that have this page. */
interface Application {
  title: 'Provider' | 'Middleman';
  identity: 'app_identity' | 'middleman_app_identity';
  /** Kept above the chain's minimum, in uPOKT, and where the profile says so. */
  buffer: number;
  bufferKey: string;
}

/** Wizard page 1 of the Provider. Source: igniter, apps/provider, setup stepper, v0.9. */
export function blockchain(input: ReportInput): Step {
  const { minimum_stake_buffer_upokt: buffer = 0 } = input.deployment.profile.provider ?? {};
  const bufferKey = 'provider.minimum_stake_buffer_upokt';
  return blockchainOf(input, { title: 'Provider', identity: 'app_identity', buffer, bufferKey });
}

/** Wizard page 1 of either application, which ask the same. */
export function blockchainOf(
  { deployment, secrets }: ReportInput,
  { title, identity, buffer, bufferKey }: Application,
): Step {
  const { apiUrl, rpcUrl, indexerUrl, chainId, name } = deployment.network;
  const url = (value: string | undefined, rule: string, example: string): Answer =>
    value === undefined ? { decide: { example, rule } } : { type: value };
  return {
    title: 'Blockchain Settings',
    about: `Which chain the ${title} reads, and where. The network cannot be changed afterwards.`,
    fields: [
      {
        label: 'App Identity',
        answer: { shows: publicKey(secrets.get(identity).reveal()) },
        why: `The ${word('app-identity', 'public key')} of the secret ${code(identity)}. Another one means that another secret is in use.`,
      },
      {
        label: 'Pocket API URL',
        answer: url(apiUrl, 'the REST API of a Pocket node', 'http://10.0.0.8:1317'),
        why: `REST (port 1317, or a host with “-api”), not RPC. Your browser asks it too, on the page Services: it must be reachable from your own machine and allow other origins (CORS).`,
      },
      {
        label: 'Pocket RPC URL',
        answer: url(rpcUrl, 'the CometBFT RPC of a Pocket node', 'http://10.0.0.8:26657'),
        why: 'RPC (port 26657, or a host with “-rpc”), of the same network as the API.',
      },
      {
        label: 'Network',
        answer: { shows: chainId },
        why: 'Read from the API. Another one means that the API URL belongs to another network.',
      },
      ...(name === 'local' ? [] : [minimumStake(buffer, bufferKey)]),
      {
        label: 'Indexer API URL',
        answer: url(
          indexerUrl,
          'the GraphQL indexer of the same network',
          'http://10.0.0.8:3000/graphql',
        ),
        why: `Can be typed once Network is shown; it must index ${code(chainId)}.`,
      },
    ],
    ...(name !== 'local' && {
      notes:
        'The buttons Mainnet and Beta fill in addresses of their own: compare them with these before Next.',
    }),
  };
}

function minimumStake(buffer: number, bufferKey: string): Field {
  return {
    label: 'Minimum Stake',
    answer: { shows: String(CHAIN_MINIMUM_POKT + buffer / 1_000_000) },
    why:
      `In POKT, although the caption says uPOKT (a millionth of it): the chain’s minimum, ${code(CHAIN_MINIMUM_POKT)} when this was written, ` +
      `plus ${code(bufferKey)}. Where the chain’s minimum has changed since, it differs by as much.`,
  };
}
