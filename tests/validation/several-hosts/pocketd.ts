import type { Breakage } from '../breakage.ts';

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'host.pocketd',
    host: 'node',
    breaks: [{ shell: 'rm /usr/local/bin/pocketd', on: 'node' }],
    evidence: /No such file or directory/,
    fix: /^scripts\/pocketd\.mjs --profile \S+ --limit node$/,
    only: ['host'],
  },
];
