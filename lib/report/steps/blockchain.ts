import type { NetworkName } from '../../profile/networks.ts';
import { publicKey } from '../../secrets/secrets.ts';
import type { ReportInput } from '../input.ts';
import { code } from '../markdown.ts';
import type { Answer, Field, Step } from '../wizard.ts';

/** What a supplier must stake at least on main and beta, in POKT. Source: poktroll, supplier params, late 2026. */
const CHAIN_MINIMUM_POKT = 59_500;

/** The button that fills in a network's URLs, and its indexer. Source: igniter, apps/provider, ConfigureBlockChain, 0a443420. */
const QUICK_FILL: Partial<Record<NetworkName, { button: string; indexer: string }>> = {
  main: { button: 'Mainnet', indexer: 'https://api.poktscan.com' },
  beta: { button: 'Beta', indexer: 'https://beta-api.poktscan.com' },
};

/** What differs between the two applications that have this page. */
interface Application {
  title: 'Provider' | 'Middleman';
  identity: 'app_identity' | 'middleman_app_identity';
  /** Kept above the chain's minimum, in uPOKT, and where the profile says so. */
  buffer: number;
  bufferKey: string;
  /** The label of the smallest stake, and the unit that it is in. */
  stake: { label: string; unit: string };
  /** What else needs the API. */
  apiUse?: string;
}

/** What is staked for one supplier, in POKT, as far as it is known; the chain of a local network has a minimum of its own. */
export function stakeOfSupplier(network: NetworkName, buffer: number): number | undefined {
  return network === 'local' ? undefined : CHAIN_MINIMUM_POKT + buffer / 1_000_000;
}

/** Wizard page 1 of the Provider. Source: igniter, apps/provider, setup stepper, v0.9. */
export function blockchain(input: ReportInput): Step {
  const { profile, network } = input.deployment;
  const fill = QUICK_FILL[network.name];
  return {
    ...blockchainOf(input, {
      title: 'Provider',
      identity: 'app_identity',
      buffer: profile.provider?.minimum_stake_buffer_upokt ?? 0,
      bufferKey: 'provider.minimum_stake_buffer_upokt',
      stake: {
        label: 'Minimum Stake',
        unit: 'In POKT, although the caption says uPOKT (a millionth of it)',
      },
      apiUse:
        'Your browser asks it too, on the page Services: it must be reachable from your own machine and allow other origins (CORS).',
    }),
    ...(fill && {
      notes: `The button ${fill.button} replaces the URLs by its own, and the Indexer API URL by ${code(fill.indexer)}: put back the ones above before Next.`,
    }),
  };
}

/** Wizard page 1 of either application, as far as they ask the same. */
export function blockchainOf({ deployment, secrets }: ReportInput, of: Application): Step {
  const { apiUrl, rpcUrl, indexerUrl, chainId, name } = deployment.network;
  const url = (value: string | undefined, rule: string, example: string): Answer =>
    value === undefined ? { decide: { example, rule } } : { type: value };
  return {
    page: 1,
    title: 'Blockchain Settings',
    about: `Which chain the ${of.title} reads, and where. The network cannot be changed afterwards.`,
    fields: [
      {
        label: 'App Identity',
        answer: { shows: publicKey(secrets.get(of.identity).reveal()) },
        why: `The App Identity of the secret ${code(of.identity)}. Another one means that another secret is in use.`,
      },
      {
        label: 'Pocket API URL',
        answer: url(apiUrl, 'the REST API of a Pocket node', 'http://10.0.0.8:1317'),
        why: ['REST (port 1317, or a host with “-api”), not RPC.', of.apiUse ?? ''].join(' '),
      },
      {
        label: 'Pocket RPC URL',
        answer: url(rpcUrl, 'the CometBFT RPC of a Pocket node', 'http://10.0.0.8:26657'),
        why: 'RPC (port 26657, or a host with “-rpc”), of the same network as the API.',
      },
      {
        label: 'Network',
        answer: { shows: chainId },
        why: 'The chain id, read from the API. Another one means that the API URL belongs to another network.',
      },
      minimumStake(name, of),
      {
        label: 'Indexer API URL',
        answer: url(
          indexerUrl,
          'the GraphQL indexer of the same network',
          'http://10.0.0.8:3000/graphql',
        ),
        why: `Can be typed once Network is shown. The indexer must be one of the chain ${code(chainId)}.`,
      },
    ],
  };
}

function minimumStake(network: NetworkName, { buffer, bufferKey, stake }: Application): Field {
  const known = stakeOfSupplier(network, buffer);
  const { label, unit } = stake;
  if (known === undefined) {
    return {
      label,
      answer: { reads: `the minimum of your own chain plus ${buffer / 1_000_000}` },
      why: `${unit}. What is added is ${code(bufferKey)}.`,
    };
  }
  return {
    label,
    answer: { shows: String(known) },
    why:
      `${unit}: the chain’s minimum, ${code(CHAIN_MINIMUM_POKT)} when this was written, ` +
      `plus ${code(bufferKey)}. Where the chain’s minimum has changed since, it differs by as much.`,
  };
}
