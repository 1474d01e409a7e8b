import { again, shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';

const only = ['backends', 'relayminer.ready-anvil'];
const backend = (transport: string, settings: object) => ({
  relayminer: { services: { anvil: { backends: { [transport]: settings } } } },
});

/** A node that never answers the relayer's own probes with what is wanted. */
const UNWELL = {
  health_check: {
    endpoint: '/',
    interval_seconds: 1,
    unhealthy_threshold: 1,
    expected_status: [418],
  },
};
const DEPLOY = { script: ['deploy', '--only', 'relayminer', '--yes'] } as const;

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'backends.anvil.jsonrpc',
    breaks: [{ profile: backend('jsonrpc', { chain_id: '0x1' }) }],
    evidence: /chain id 0x7a69; the profile says 0x1/,
    fix: /relayminer\.services\.anvil\.backends\.jsonrpc in the profile/,
    mends: [{ profile: {} }],
    only,
  },
  {
    // A node that wants something else of whoever asks, such as a token.
    check: 'backends.anvil.jsonrpc',
    breaks: [{ profile: backend('jsonrpc', { headers: { 'x-standin-status': '401' } }) }],
    evidence: /^HTTP 401 /,
    fix: /relayminer\.services\.anvil\.backends\.jsonrpc in the profile/,
    mends: [{ profile: {} }],
    only,
  },
  {
    check: 'backends.anvil.jsonrpc',
    verdict: 'warn',
    breaks: [{ profile: backend('jsonrpc', { headers: { 'x-standin-delay-ms': '3000' } }) }],
    evidence: /^chain id 0x7a69, 3\d{3} ms; wanted: at most 2000$/,
    fix: /relayminer\.services\.anvil\.backends\.jsonrpc in the profile/,
    mends: [{ profile: {} }],
    only,
  },
  {
    check: 'backends.anvil.websocket',
    breaks: [
      {
        profile: ({ lab }) => backend('websocket', { url: `ws://${lab!.address}:1317/nothing` }),
      },
    ],
    evidence: /no upgrade/,
    fix: /relayminer\.services\.anvil\.backends\.websocket in the profile/,
    mends: [{ profile: {} }],
    only,
  },
  {
    // The node of the operator's own is away.
    check: ['backends.anvil.jsonrpc', 'backends.anvil.websocket'],
    breaks: [{ shell: 'docker stop -t 1 pocket-lab-backend' }],
    evidence: /no answer/,
    fix: /relayminer\.services\.anvil\.backends\.(jsonrpc|websocket) in the profile, or that node/,
    mends: [{ shell: 'docker start pocket-lab-backend' }],
    alsoFails: ['relayminer.ready-anvil'],
    only,
  },
  {
    // What the relayer itself thinks of its nodes. It can probe the first only: a profile that has it probe a WebSocket is
    // refused, so that one of the two stays well and the check warns.
    check: 'relayminer.ready-anvil',
    verdict: 'warn',
    breaks: [{ profile: backend('jsonrpc', UNWELL) }, DEPLOY],
    evidence: /^1 of 2 healthy; not http:\/\/[\d.]+:8545$/,
    fix: /relayminer\.services\.anvil in the profile, or its nodes/,
    mends: [{ profile: {} }, DEPLOY],
    only,
  },
  {
    // The same with none that is well: it has one, which it has under an address where nobody listens.
    check: 'relayminer.ready-anvil',
    breaks: [
      shell(`cd /opt/pocket/relayminer/relayer
        text=$(awk '
          /^ *websocket:/ { match($0, /^ */); depth = RLENGTH; within = 1; next }
          within { match($0, /^ */); if (RLENGTH > depth) next; within = 0 }
          { sub(/:8545/, ":1"); print }' relayer.yaml)
        printf '%s\n' "$text" >relayer.yaml
        docker restart pocket-relayminer-relayer-1`),
    ],
    evidence: /^0 of 1 healthy$/,
    fix: /relayminer\.services\.anvil in the profile, or its nodes/,
    mends: [again('relayminer')],
    only: ['relayminer.ready-anvil'],
  },
];
