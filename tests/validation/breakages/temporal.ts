import type { Breakage } from '../breakage.ts';
import { sql } from '../sql.ts';

const only = ['temporal'];

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'temporal.reachable',
    breaks: [{ shell: 'docker pause pocket-temporal-temporal-1' }],
    evidence: /no answer/,
    fix: /^scripts\/temporal\.mjs .*logs --tail 50 temporal$/,
    alsoFails: ['temporal.namespace-provider', 'temporal.namespace-default'],
    only,
  },
  {
    check: 'temporal.namespace-provider',
    breaks: [sql('temporal', "DELETE FROM standin_namespaces WHERE name = 'provider'")],
    evidence: /there is no such namespace/,
    fix: /scripts\/temporal\.mjs .*--limit lab/,
    only,
  },
  {
    check: 'temporal.namespace-provider',
    verdict: 'warn',
    breaks: [
      {
        shell:
          'docker exec pocket-temporal-temporal-1 temporal operator namespace update --namespace provider --retention 48h',
      },
    ],
    evidence: /for 48 hours; the profile says 72/,
    fix: /scripts\/temporal\.mjs .*--limit lab/,
    only,
  },
  {
    check: 'temporal.namespace-default',
    breaks: [sql('temporal', "DELETE FROM standin_namespaces WHERE name = 'default'")],
    evidence: /there is no such namespace/,
    // The image makes it when it starts.
    fix: /scripts\/temporal\.mjs .*--limit lab; .*docker restart pocket-temporal-temporal-1/,
    only,
  },
];
