import type { Act, Breakage } from '../breakage.ts';

const only = ['relayminer'];
/** Everything but the height, which is waited for during several blocks where it does not grow. */
const quick = [
  'relayer-health',
  'relayer-ready',
  'ready-anvil',
  'miner-health',
  'miner-metrics',
  'miner-keys',
  'one-leader',
  'suppliers-claimed',
  'traffic',
  'backlog',
  'one-version',
].map((name) => `relayminer.${name}`);
const again: Act = { script: ['relayminer', '--limit', 'lab'] };
const shell = (text: string): Act => ({ shell: text });
const redis = (command: string): Act => ({
  shell: `REDISCLI_AUTH=$(sed -n 's/^requirepass "\\(.*\\)"$/\\1/p' /opt/pocket/redis/config/password.conf)
    export REDISCLI_AUTH
    docker exec --env REDISCLI_AUTH pocket-redis-redis-1 redis-cli ${command}`,
});

/** A configuration that somebody has changed by hand, which would be noticed at the next start alone. */
const misconfigured = (process: 'relayer' | 'miner'): Breakage => ({
  check: `relayminer.${process}-config`,
  breaks: [shell(`echo 'redis: nonsense' >>/opt/pocket/relayminer/${process}/${process}.yaml`)],
  evidence: /redis|duplicate|unique|INVALID/i,
  fix: /scripts\/relayminer\.mjs .*--limit lab/,
  mends: [again],
  only,
});

export const BREAKAGES: readonly Breakage[] = [
  misconfigured('relayer'),
  misconfigured('miner'),
  {
    check: 'relayminer.relayer-health',
    breaks: [shell('docker pause pocket-relayminer-relayer-1')],
    evidence: /no answer/,
    fix: /logs --tail 50 relayer/,
    mends: [shell('docker unpause pocket-relayminer-relayer-1')],
    alsoFails: [
      'relayminer.relayer-ready',
      'relayminer.relayer-height',
      'relayminer.relayer-config',
      'relayminer.ready-anvil',
      'relayminer.traffic',
      'relayminer.backlog',
    ],
    only,
  },
  {
    check: 'relayminer.relayer-height',
    breaks: [shell('docker pause pocket-lab-chain')],
    evidence: /has not grown within/,
    fix: /logs --tail 50 relayer/,
    mends: [shell('docker unpause pocket-lab-chain')],
    only,
  },
  {
    check: 'relayminer.miner-health',
    breaks: [shell('docker pause pocket-relayminer-miner-1')],
    evidence: /no answer/,
    fix: /logs --tail 50 miner/,
    mends: [shell('docker unpause pocket-relayminer-miner-1')],
    alsoFails: [
      'relayminer.miner-metrics',
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
    fix: /logs --tail 50 miner/,
    mends: [redis('DEL ha:miner:global_leader')],
    only: quick,
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
    mends: [again],
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
    fix: /scripts\/relayminer\.mjs --profile/,
    mends: [again, shell('docker rmi standin/pocket-relay-miner:other')],
    only: ['relayminer.one-version'],
  },
];
