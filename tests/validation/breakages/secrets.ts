import { here } from '../acts.ts';
import type { Breakage } from '../breakage.ts';

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'secrets.files',
    breaks: [{ shell: 'chmod 644 /opt/pocket/relayminer/keys/keys.yaml' }],
    evidence: /keys\.yaml is 644 1000:1000; wanted: 400 1000:1000$/,
    fix: /^scripts\/relayminer\.mjs --profile \S+ --limit lab$/,
  },
  {
    check: 'secrets.placeholders',
    breaks: [{ shell: 'echo POSTGRES_PASSWORD=change-me >>/opt/pocket/postgres/.env' }],
    evidence: /^a default or placeholder in \/opt\/pocket\/postgres\/\.env:\d+$/,
    fix: /^scripts\/postgres\.mjs --profile \S+ --limit lab$/,
  },
  {
    check: 'secrets.values',
    breaks: [{ profile: { secrets: { auth_secret: `cmd:printf %064d 0` } } }],
    evidence: /^auth_secret$/,
    fix: /put a new one where the profile says/,
    mends: [{ profile: {} }],
    only: ['secrets'],
  },
  {
    // A store that others can read is refused before anything is asked; its directory is not.
    check: 'secrets.store',
    breaks: [here('chmod o+x deployments/fleet')],
    evidence: /deployments\/fleet has mode 701; wanted: nothing for others$/,
    fix: /^chmod go= \S*deployments\/fleet$/,
    only: ['secrets'],
  },
  {
    check: 'secrets.shared',
    breaks: [
      here('mkdir deployments/other && cp deployments/fleet/secrets.yaml deployments/other/'),
    ],
    evidence: /redis_password, also of other/,
    fix: /give one of the two deployments a secret of its own/,
    mends: [here('rm -r deployments/other')],
    only: ['secrets'],
  },
  {
    check: 'secrets.supplier-keys',
    breaks: [{ profile: { relayminer: { keys_file: 'no-keys-yet.yaml' } } }],
    evidence: /no-keys-yet\.yaml has none yet$/,
    fix: /^make keys in the Provider’s portal and write them into relayminer\.keys_file/,
    mends: [{ profile: {} }],
    only: ['secrets'],
  },
];
