import type { Deployment } from '../deployment.ts';
import { PORTS } from '../ports.ts';
import { type HttpAnswer, httpProbe, httpVerdict } from '../probes/http.ts';
import { leaseSeconds } from '../relayminer/leases.ts';
import { sh } from '../shell.ts';
import type { Check, FleetCheck, ProbeResult, Verdict } from '../validation/check.ts';
import { mend, rerun, wayToRedis } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, skip, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';
import { configChecks } from './relayminer-config.ts';
import { relayHostChecks } from './relayminer-fleet.ts';
import { heightCheck } from './relayminer-height.ts';
import { serviceChecks } from './relayminer-services.ts';
import { streamChecks } from './relayminer-streams.ts';
import { stakedIn, stakeIds } from './wallet.ts';

const METRICS_ID = 'relayminer.miner-metrics';

/**
 * Relayer and miner. Paths and answers: pocket-relay-miner, relayer/health.go and miner/metrics.go, v0.1.x; that the
 * height must grow within 3 blocks proves chain, miner, Redis and relayer at once, since the relayer learns it that way.
 */
export function relayminerChecks(context: CheckContext): Check[] {
  return [
    ...configChecks(context),
    ...relayerChecks(context),
    ...minerChecks(context),
    ...relayHostChecks(context),
    ...streamChecks(context),
  ];
}

function relayerChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  if (!isIn(context, 'relay_relayers')) return [];
  const health = `http://127.0.0.1:${PORTS['relayer-health'].port}`;
  const fix = mend(deployment, host, 'relayer');
  const about = { group: 'relayminer', severity: 'critical', host, fix } as const;
  return [
    {
      ...about,
      id: 'relayminer.relayer-health',
      title: 'The relayer answers',
      probe: httpProbe({ url: `${health}/health` }),
      judge: (result) => httpVerdict(result, answers('OK')),
    },
    {
      ...about,
      id: 'relayminer.relayer-ready',
      title: 'The relayer is ready for relays',
      probe: httpProbe({ url: `${health}/ready` }),
      judge: (result) => httpVerdict(result, answers('READY')),
    },
    heightCheck(context, fix),
    {
      ...about,
      id: 'relayminer.relayer-keys',
      title: 'The relayer has loaded the supplier keys',
      probe: sh`
        http ${`url = "http://127.0.0.1:${PORTS['relayer-metrics'].port}/metrics"\nmax-time = 8\nfail\n`} |
          grep -E '^ha_keys_supplier_keys_active[{ ]'`,
      fix: keysFix(context),
      judge: (result) =>
        keysVerdict(result, context.secrets.supplierKeys.length) ??
        (result.errors === ''
          ? // pocket-relay-miner, keys/metrics.go: at commit ad37bcbd a miner's alone.
            skip('its metrics do not tell, as those of a relayer before v0.1')
          : fail(withoutMetrics(result))),
    },
    ...serviceChecks(context),
  ];
}

function minerChecks(context: CheckContext): Check[] {
  const { deployment, host, secrets } = context;
  if (!isIn(context, 'relay_miners')) return [];
  const base = `http://127.0.0.1:${PORTS.miner.port}`;
  const about = {
    group: 'relayminer',
    severity: 'critical',
    host,
    fix: mend(deployment, host, 'miner'),
  } as const;
  const metrics = sh`
    http ${`url = "${base}/metrics"\nmax-time = 8\nfail\n`} |
      grep -E '^ha_(miner_leader_status|miner_supplier_claimed_count|keys_supplier_keys_active)[{ ]'
  `;
  return [
    {
      ...about,
      id: 'relayminer.miner-health',
      title: 'The miner answers',
      probe: httpProbe({ url: `${base}/health` }),
      judge: (result) => httpVerdict(result, answers('OK')),
    },
    {
      ...about,
      id: 'relayminer.miner-ready',
      // Of one that stands by, nothing else tells (pocket-relay-miner, observability/server.go and cmd/cmd_miner.go, ad37bcbd).
      title: 'The miner reaches Redis',
      probe: httpProbe({ url: `${base}/ready` }),
      judge: (result) =>
        httpVerdict(result, (answer) => {
          if (answer.status === 404) return skip('this release does not tell: HTTP 404');
          const verdict = answers('Ready')(answer);
          return answer.status === 503
            ? { fix: wayToRedis(deployment, host), ...verdict }
            : verdict;
        }),
    },
    {
      ...about,
      id: METRICS_ID,
      title: 'The miner takes part in choosing a leader',
      probe: metrics,
      judge: (result) => {
        const leading = gauge(result, 'ha_miner_leader_status');
        if (leading === undefined) return fail(withoutMetrics(result));
        return pass(leading === 1 ? 'it leads' : 'it stands by');
      },
    },
    {
      ...about,
      id: 'relayminer.miner-keys',
      title: 'The miner has loaded the supplier keys',
      probe: metrics,
      fix: keysFix(context),
      judge: (result) =>
        keysVerdict(result, secrets.supplierKeys.length) ?? fail(withoutMetrics(result)),
    },
  ];
}

function keysFix({ deployment, host }: CheckContext): string {
  return `relayminer.keys_file in the profile, then ${rerun(deployment, 'relayminer', host)}`;
}

/** Judges how many keys a process has loaded; `undefined` where its metrics do not tell. */
function keysVerdict(result: ProbeResult, expected: number): Verdict | undefined {
  const loaded = gauge(result, 'ha_keys_supplier_keys_active');
  if (loaded === undefined) return undefined;
  if (loaded < expected || loaded === 0)
    return fail(`${loaded === 0 ? 'none' : loaded} of ${expected} keys`);
  return loaded === expected
    ? pass(`${loaded} keys`)
    : warn(`${loaded} keys; the keys file has ${expected}`);
}

/** Exactly one of all miners leads; only that one publishes blocks and prices. */
export function oneLeader(deployment: Deployment): FleetCheck[] {
  const hosts = deployment.group('relay_miners');
  if (hosts.length === 0) return [];
  const miners = mend(deployment, hosts, 'miner');
  return [
    {
      id: 'relayminer.one-leader',
      group: 'relayminer',
      severity: 'critical',
      title: 'Exactly one miner leads',
      of: METRICS_ID,
      hosts,
      // Who has the lead keeps it for 30 seconds (pocket-relay-miner, leader_election.leader_ttl_seconds, v0.1.x).
      fix: `end any other miner that works with this Redis, whose lead is over 30 s later; else: ${miners}`,
      judge: (results) => {
        const leaders = [...results]
          .filter(([, result]) => gauge(result, 'ha_miner_leader_status') === 1)
          .map(([name]) => name);
        if (leaders.length === 1) return pass(leaders[0]!);
        if (leaders.length > 1) return fail(`${leaders.join(' and ')} do`);
        return {
          fix: `if Redis fails here, too, mend that first: over it they choose who leads; else: ${miners}`,
          ...fail('none does'),
        };
      },
    },
  ];
}

/** Every supplier that is staked is worked on by exactly one miner. */
export function suppliersClaimed(deployment: Deployment, keys: number): FleetCheck[] {
  const hosts = deployment.group('relay_miners');
  if (hosts.length === 0) return [];
  return [
    {
      id: 'relayminer.suppliers-claimed',
      group: 'relayminer',
      severity: 'critical',
      title: 'The miners work for every supplier',
      of: METRICS_ID,
      hosts,
      besides: stakeIds(keys),
      // A miner looks every minute who is staked (pocket-relay-miner, supplier_reconcile_interval_seconds, v0.1.x).
      // What a miner has taken stays its own for the time of a lease.
      fix: `within a minute of staking a miner takes a supplier, or ${leaseSeconds(keys)} s after any other miner that works with this Redis has ended; else: ${mend(deployment, hosts, 'miner')}`,
      judge: (results, besides) => claimedVerdict(results, keys, stakedIn(besides, keys)),
    },
  ];
}

/**
 * Judges the suppliers that all miners together have taken: only those that are staked can be.
 * @param staked how many are; `undefined` where the chain did not tell
 */
export function claimedVerdict(
  results: ReadonlyMap<string, ProbeResult>,
  keys: number,
  staked: number | undefined,
): Verdict {
  const counts = [...results.values()].map((result) =>
    gauge(result, 'ha_miner_supplier_claimed_count'),
  );
  const told = counts.filter((count) => count !== undefined);
  if (keys === 0) return skip('no supplier key is known here to compare with');
  if (told.length < counts.length) return skip('not every miner tells how many it works for');
  const claimed = told.reduce((sum, count) => sum + count, 0);
  if (claimed > keys) return fail(`${claimed} of ${keys}: some by two miners at once`);
  if (staked !== undefined && claimed < staked)
    return fail(`${claimed} of ${staked} that are staked: nobody claims for the others`);
  if (claimed === 0) return skip(`none of ${keys}: as it is before they are staked`);
  return claimed === keys
    ? pass(`${claimed} of ${keys}`)
    : warn(`${claimed} of ${keys}: the others are not staked, or not taken`);
}

function answers(wanted: string): (answer: HttpAnswer) => Verdict {
  return ({ status, body }) =>
    status === 200 && body.trim() === wanted
      ? pass(wanted)
      : fail(`HTTP ${status} ${excerpt(body)}; wanted: 200 ${wanted}`);
}

/** The sum of a gauge's series; `undefined` when there is none. */
function gauge(result: ProbeResult, name: string): number | undefined {
  const values = result.output
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

function withoutMetrics(result: ProbeResult): string {
  return result.errors === '' ? 'its metrics do not tell' : `no answer: ${lastWords(result)}`;
}
