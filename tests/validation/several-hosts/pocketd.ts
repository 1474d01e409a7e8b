import type { Breakage } from '../breakage.ts';

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'host.pocketd',
    host: 'node',
    breaks: [{ shell: 'rm /usr/local/bin/pocketd', on: 'node' }],
    evidence: /^it is not installed$/,
    fix: /^scripts\/pocketd\.mjs --profile \S+ --limit node$/,
    only: ['host'],
  },
];
