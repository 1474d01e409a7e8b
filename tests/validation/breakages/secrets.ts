import type { Breakage } from '../breakage.ts';

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'secrets.files',
    breaks: [{ shell: 'chmod 644 /opt/pocket/relayminer/keys/keys.yaml' }],
    evidence: /keys\.yaml is 644 1000:1000; wanted: 400 1000:1000$/,
    fix: /^scripts\/relayminer\.mjs --profile \S+ --limit lab$/,
    mends: [{ script: ['relayminer'] }],
  },
  {
    check: 'secrets.placeholders',
    breaks: [{ shell: 'echo POSTGRES_PASSWORD=change-me >>/opt/pocket/postgres/.env' }],
    evidence: /^a default or placeholder in \/opt\/pocket\/postgres\/\.env:\d+$/,
    fix: /^scripts\/postgres\.mjs --profile \S+ --limit lab$/,
    mends: [{ script: ['postgres'] }],
  },
  {
    check: 'secrets.values',
    breaks: [{ profile: { secrets: { auth_secret: `cmd:printf %064d 0` } } }],
    evidence: /^auth_secret$/,
    fix: /put a new one where the profile says/,
    mends: [{ profile: {} }],
    only: ['secrets'],
  },
];
