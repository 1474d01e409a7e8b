import {
  accountOf,
  accountQuery,
  balanceOf,
  balanceQuery,
  minimumStakeOf,
  supplierOf,
  supplierParametersQuery,
  supplierQuery,
} from '../probes/chain-queries.ts';
import type { GrpcAnswer } from '../probes/grpc.ts';
import { grpcAnswers, grpcCallsProbe } from '../probes/grpc-calls.ts';
import type { Profile } from '../profile/schema.ts';
import type { SupplierKey } from '../secrets/secrets.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { pass, skip, warn } from '../validation/verdict.ts';
import { asksForAll, type CheckContext } from './context.ts';
import { endpointsElsewhere } from './staked-endpoints.ts';

/** So many suppliers are asked for in one go, so that the answers fit into what a host may tell. */
const AT_ONCE = 50;
const UPOKT = 1_000_000;
/** Below it claims soon fail for want of fees (poktroll, docusaurus, 1_operate, v0.1.35). */
const LEAST_POKT = 1;
/** So many are named where a warning is about several. */
const NAMED = 3;

/** What the chain answered about one supplier. */
interface Told {
  key: SupplierKey;
  account: GrpcAnswer | undefined;
  balance: GrpcAnswer | undefined;
  supplier: GrpcAnswer | undefined;
  /** uPOKT. */
  minimumStake: number | undefined;
}

/** What is not as it should be with a supplier; `undefined` where nothing is, and `unknown` where it was not told. */
type Trouble = (told: Told) => string | undefined | 'unknown';

/**
 * The wallets of the suppliers, asked over the chain's gRPC from the host whose miner pays with them. Warnings at most:
 * they are funded and staked after the deployment, by whoever owns them.
 */
export function walletChecks(context: CheckContext): Check[] {
  const { deployment, host, secrets } = context;
  const { network, profile } = deployment;
  const { grpcAddress: address, grpcInsecure: insecure } = network;
  if (!asksForAll(context) || address === undefined) return [];
  const configured = Object.keys(profile.relayminer?.services ?? {});
  return groupsOf(secrets.supplierKeys, AT_ONCE).flatMap((keys, index) => {
    const queries = [
      supplierParametersQuery(),
      ...keys.flatMap(({ address }) => [
        accountQuery(address),
        balanceQuery(address),
        supplierQuery(address),
      ]),
    ];
    const probe = grpcCallsProbe(queries.map((query) => ({ ...query, address, insecure })));
    const check = (id: string, title: string, fix: string, good: string, of: Trouble): Check => ({
      id: walletId(id, index),
      group: 'wallet',
      severity: 'critical',
      title,
      host,
      probe,
      timeoutSeconds: 15,
      fix,
      judge: (result) => walletVerdict(result, keys, good, of),
    });
    return [
      check(
        'account',
        'The account of each supplier’s operator exists on chain',
        'send the account some POKT, 10 for a start: it pays the fees of claims and proofs',
        'exist',
        accountTrouble,
      ),
      check(
        'public-key',
        'The public key of each supplier’s operator is on chain',
        'sign any transaction with the key, such as sending 1upokt to itself: until then nobody can verify what it signs',
        'have their public key on chain',
        keyTrouble,
      ),
      check(
        'balance',
        'Each supplier’s operator can pay fees',
        'send the account POKT, so that it has 10 and more',
        `have ${LEAST_POKT} POKT and more`,
        balanceTrouble,
      ),
      check(
        'stake',
        'Each supplier is staked, and stays so',
        'stake it with its owner’s wallet: the report has every value to type',
        'are staked',
        stakeTrouble,
      ),
      check(
        'services',
        'Each supplier is staked for the services that are served here',
        'relayminer.services in the profile, or stake the supplier again with exactly these services',
        'are staked for what is served here',
        (told) => servicesTrouble(told, configured),
      ),
      check(
        'endpoints',
        'What each supplier is staked for is answered here, at the URL it is staked with',
        'relayminer.services and relay_public_domain in the profile, or stake the supplier again with the URLs that the report has',
        profile.relay_public_domain === undefined
          ? 'have a backend here for each transport'
          : `have a backend here for each transport, at ${profile.relay_public_domain}`,
        (told) => endpointsTrouble(told, profile),
      ),
    ];
  });
}

/** Judges what the chain told about suppliers. */
function walletVerdict(
  result: ProbeResult,
  keys: readonly SupplierKey[],
  good: string,
  trouble: Trouble,
): Verdict {
  const [parameters, ...answers] = grpcAnswers(result);
  const minimumStake = minimumStakeOf(parameters);
  const found = keys.map((key, index) => {
    const [account, balance, supplier] = answers.slice(index * 3, index * 3 + 3);
    return { key, what: trouble({ key, account, balance, supplier, minimumStake }) };
  });
  const bad = found.filter(({ what }) => what !== undefined && what !== 'unknown');
  const unknown = found.filter(({ what }) => what === 'unknown');
  const told = bad.slice(0, NAMED).map(({ key, what }) => `${key.address} ${what}`);
  if (bad.length > NAMED) told.push(`and ${bad.length - NAMED} more`);
  if (unknown.length > 0) told.push(`${unknown.length} of ${keys.length} could not be told`);
  if (bad.length > 0) return warn(told.join('; '));
  return unknown.length > 0
    ? skip(`the chain’s gRPC does not tell: ${told.join('; ')}`)
    : pass(`all ${keys.length} ${good}`);
}

function accountTrouble({ account }: Told): ReturnType<Trouble> {
  const found = accountOf(account);
  if (found === undefined) return 'unknown';
  return found === 'absent' ? 'does not exist: nobody ever sent it anything' : undefined;
}

function keyTrouble({ account, key }: Told): ReturnType<Trouble> {
  const found = accountOf(account);
  if (found === undefined) return 'unknown';
  if (found === 'absent' || found.publicKey === undefined) return 'never signed a transaction';
  return found.publicKey === key.publicKey ? undefined : 'has another public key on chain';
}

function balanceTrouble({ balance }: Told): ReturnType<Trouble> {
  const found = balanceOf(balance);
  if (found === undefined) return 'unknown';
  return found < LEAST_POKT * UPOKT
    ? `has ${found / UPOKT} POKT (wanted: ${LEAST_POKT} and more)`
    : undefined;
}

function stakeTrouble({ supplier, minimumStake }: Told): ReturnType<Trouble> {
  const found = supplierOf(supplier);
  if (found === undefined) return 'unknown';
  if (found === 'absent') return 'is not staked';
  if (found.leavesAt !== 0) return `is unstaking, until block ${found.leavesAt}`;
  if (minimumStake === undefined) return 'unknown';
  return found.stake < minimumStake
    ? `has ${found.stake / UPOKT} POKT at stake, below the least of ${minimumStake / UPOKT}`
    : undefined;
}

function servicesTrouble({ supplier }: Told, configured: readonly string[]): ReturnType<Trouble> {
  const found = supplierOf(supplier);
  if (found === undefined) return 'unknown';
  if (found === 'absent') return 'is not staked for any';
  const staked = found.services.map(({ id }) => id);
  const missing = configured.filter((service) => !staked.includes(service));
  const unserved = staked.filter((service) => !configured.includes(service));
  const parts = [
    ...(missing.length > 0 ? [`is not staked for ${missing.join(', ')}`] : []),
    ...(unserved.length > 0 ? [`is staked for ${unserved.join(', ')}, not served here`] : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : undefined;
}

function endpointsTrouble({ supplier }: Told, profile: Profile): ReturnType<Trouble> {
  const found = supplierOf(supplier);
  if (found === undefined) return 'unknown';
  if (found === 'absent') return 'is not staked for any';
  const elsewhere = endpointsElsewhere(found.services, profile);
  if (elsewhere.length === 0) return undefined;
  const told = elsewhere.slice(0, NAMED);
  if (elsewhere.length > NAMED) told.push(`${elsewhere.length - NAMED} more`);
  return `is staked for ${told.join(', ')}`;
}

/** The ids of the checks whose answers {@link stakedIn} reads, for so many suppliers. */
export function stakeIds(suppliers: number): string[] {
  return Array.from({ length: Math.ceil(suppliers / AT_ONCE) }, (_, index) =>
    walletId('stake', index),
  );
}

/**
 * How many suppliers are staked and do not leave, as the answers of the wallet checks tell.
 * @returns `undefined` where it did not tell of each of so many
 */
export function stakedIn(results: readonly ProbeResult[], suppliers: number): number | undefined {
  if (results.some(({ ran, status }) => !ran || status !== 0)) return undefined;
  const found = results.flatMap((result) =>
    grpcAnswers(result)
      .slice(1)
      .filter((_, index) => index % 3 === 2)
      .map(supplierOf),
  );
  if (found.length < suppliers || found.includes(undefined)) return undefined;
  return found.filter((one) => typeof one === 'object' && one.leavesAt === 0).length;
}

function walletId(name: string, group: number): string {
  return `wallet.${name}${group === 0 ? '' : `-${group + 1}`}`;
}

function groupsOf<T>(list: readonly T[], size: number): T[][] {
  const count = Math.ceil(list.length / size);
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size));
}
