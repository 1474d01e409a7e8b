import { again, here, redis, shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { relays } from '../relays.ts';

const only = ['relayminer'];
/** Everything but the height, which is behind soon where no miner publishes blocks. */
const quick = [
  'relayer-health',
  'relayer-ready',
  'ready-anvil',
  'miner-health',
  'miner-metrics',
  'miner-keys',
  'relayer-keys',
  'one-leader',
  'suppliers-claimed',
  'traffic',
  'backlog',
  'one-version',
].map((name) => `relayminer.${name}`);
/** Says something about each supplier that a miner works for. */
const leases = (command: string) =>
  redis(`EVAL "for _, key in ipairs(redis.call('KEYS', 'ha:miner:claim:*')) do ${command} end" 0`);
/** Another miner that works for every supplier, and does nothing. */
const stranger = leases(`redis.call('SET', key, 'stranger')`);
const itsEnd = leases(`redis.call('DEL', key)`);

/** What is done in the network of the miner's container. */
const inMiner = (command: string) =>
  shell(`in_miner() { nsenter --net --target "$(docker inspect --format '{{.State.Pid}}' pocket-relayminer-miner-1)" "$@"; }
    ${command}`);

const KEYS = 'deployments/fleet/supplier-keys.yaml';

/** A configuration that somebody has changed by hand, which would be noticed at the next start alone. */
const misconfigured = (process: 'relayer' | 'miner'): Breakage => ({
  check: `relayminer.${process}-config`,
  breaks: [shell(`echo 'redis: nonsense' >>/opt/pocket/relayminer/${process}/${process}.yaml`)],
  evidence: /redis|duplicate|unique|INVALID/i,
  fix: /scripts\/relayminer\.mjs .*--limit lab/,
  only,
});

export const BREAKAGES: readonly Breakage[] = [
  misconfigured('relayer'),
  misconfigured('miner'),
  {
    check: ['relayminer.relayer-health', 'relayminer.relayer-ready', 'relayminer.traffic'],
    breaks: [shell('docker pause pocket-relayminer-relayer-1')],
    evidence: /^no answer|^its metrics do not tell/,
    fix: /^scripts\/relayminer\.mjs .*logs --tail 50 relayer/,
    alsoFails: [
      'relayminer.relayer-height',
      'relayminer.relayer-config',
      'relayminer.relayer-keys',
      'relayminer.ready-anvil',
      'relayminer.backlog',
    ],
    only,
  },
  {
    check: 'relayminer.relayer-height',
    breaks: [shell('docker pause pocket-lab-chain')],
    evidence: /has not grown within/,
    fix: /^the node of the chain, .* scripts\/validate\.mjs --profile \S+ --only chain; else: scripts\/relayminer/,
    mends: [shell('docker unpause pocket-lab-chain')],
    only,
  },
  {
    // The chain goes on, and no miner publishes its blocks.
    check: 'relayminer.relayer-height',
    breaks: [redis('SET ha:miner:global_leader stranger')],
    evidence: /^block \d+; the chain is at \d+; wanted: at most 2 behind$/,
    fix: /^scripts\/relayminer\.mjs .*logs --tail 50 miner; else: scripts\/relayminer/,
    mends: [redis('DEL ha:miner:global_leader')],
    alsoFails: ['relayminer.one-leader'],
    only,
  },
  {
    check: ['relayminer.miner-health', 'relayminer.miner-metrics'],
    breaks: [shell('docker pause pocket-relayminer-miner-1')],
    evidence: /no answer/,
    fix: /^scripts\/relayminer\.mjs .*logs --tail 50 miner$/,
    alsoFails: [
      'relayminer.miner-keys',
      'relayminer.one-leader',
      'relayminer.suppliers-claimed',
      'relayminer.traffic',
      'relayminer.backlog',
    ],
    only: quick,
  },
  {
    check: 'relayminer.one-leader',
    breaks: [redis('SET ha:miner:global_leader stranger')],
    evidence: /^none does$/,
    fix: /^end any other miner that works with this Redis, whose lead is over 30 s later; else: scripts\/relayminer/,
    mends: [redis('DEL ha:miner:global_leader')],
    only: quick,
  },
  {
    // Its way to Redis is cut, and that of nobody else: as on a host of its own behind a firewall.
    check: 'relayminer.miner-ready',
    breaks: [
      inMiner(
        `for address in $(in_miner ss -Htn state established 'dport = :6379' | awk '{ sub(/:6379$/, "", $4); print $4 }' | sort -u); do
          in_miner ip route add blackhole "$address"
        done
        in_miner ip route show type blackhole | grep -q .`,
      ),
    ],
    evidence: /^HTTP 503 Not Ready; wanted: 200 Ready$/,
    fix: /^scripts\/redis\.mjs .*logs --tail 50 redis; else: what keeps lab from lab/,
    mends: [inMiner('in_miner ip route flush type blackhole')],
    only: ['relayminer.miner-ready', 'relayminer.miner-health'],
  },
  {
    // The profile has a key more than was deployed.
    check: ['relayminer.miner-keys', 'relayminer.relayer-keys'],
    breaks: [here(`cp ${KEYS} ${KEYS}.before; echo '  - "${'22'.repeat(32)}"' >>${KEYS}`)],
    evidence: /^1 of 2 keys$/,
    fix: /relayminer\.keys_file in the profile, then scripts\/relayminer\.mjs/,
    mends: [here(`mv ${KEYS}.before ${KEYS}`)],
    only: ['relayminer.miner-keys', 'relayminer.relayer-keys'],
  },
  {
    check: 'relayminer.miner-keys',
    verdict: 'warn',
    breaks: [
      shell(`echo '  - "${'22'.repeat(32)}"' >>/opt/pocket/relayminer/keys/keys.yaml
        docker restart pocket-relayminer-miner-1`),
    ],
    evidence: /^2 keys; the keys file has 1$/,
    fix: /relayminer\.keys_file in the profile, then scripts\/relayminer\.mjs/,
    mends: [again('relayminer')],
    only: ['relayminer.miner-keys'],
  },
  {
    check: 'relayminer.one-version',
    breaks: [
      shell(`docker tag standin/pocket-relay-miner:ad37bcb standin/pocket-relay-miner:other
        cd /opt/pocket/relayminer
        RELAYMINER_IMAGE=standin/pocket-relay-miner:other docker compose up --detach --no-deps --wait relayer`),
    ],
    evidence: /standin\/pocket-relay-miner:other on lab/,
    fix: /^scripts\/relayminer\.mjs --profile \S+$/,
    only: ['relayminer.one-version'],
    clears: [shell('docker rmi standin/pocket-relay-miner:other')],
  },
  {
    check: 'relayminer.version',
    breaks: [shell('docker rm --force pocket-relayminer-miner-1')],
    evidence: /the container miner of the stack relayminer does not run/,
    fix: /scripts\/relayminer\.mjs .*--limit lab/,
    only: ['relayminer.version'],
  },
  {
    check: 'relayminer.suppliers-claimed',
    breaks: [stranger],
    evidence: /^0 of 1 that are staked/,
    fix: /^within a minute of staking .*90 s after any other miner .*; else: scripts\/relayminer/,
    mends: [itsEnd],
    only: quick,
  },
  {
    check: 'relayminer.backlog',
    breaks: [stranger, relays.begin],
    evidence: /^\d+ published, 0 consumed within 3 s$/,
    fix: /^more relay_miners in the profile, where it cannot keep up; else: scripts\/relayminer/,
    mends: [relays.end, itsEnd],
    only: ['relayminer.backlog'],
  },
  {
    // Too few for the counters to tell.
    check: 'relayminer.streams',
    breaks: [stranger, relays.beginFew],
    evidence: /^\d+ relays wait, and none was taken within 5 s: of pokt1\w+$/,
    fix: /^scripts\/relayminer\.mjs .*logs --tail 50 miner$/,
    mends: [relays.end, itsEnd],
    only: ['relayminer.streams', 'relayminer.backlog'],
  },
];
