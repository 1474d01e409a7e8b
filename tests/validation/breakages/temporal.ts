import { again } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { sql } from '../sql.ts';

const only = ['temporal'];

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'temporal.reachable',
    breaks: [{ shell: 'docker pause pocket-temporal-temporal-1' }],
    evidence: /no answer/,
    fix: /logs --tail 50 temporal/,
    // What comes next needs it well again, as Docker's own question sees it.
    mends: [
      {
        shell: `docker unpause pocket-temporal-temporal-1
          until [[ $(docker inspect --format '{{.State.Health.Status}}' pocket-temporal-temporal-1) == healthy ]]; do sleep 1; done`,
      },
    ],
    alsoFails: ['temporal.namespace-provider', 'temporal.namespace-default'],
    only,
  },
  {
    check: 'temporal.namespace-provider',
    breaks: [sql('temporal', "DELETE FROM standin_namespaces WHERE name = 'provider'")],
    evidence: /there is no such namespace/,
    fix: /scripts\/temporal\.mjs .*--limit lab/,
    mends: [again('temporal')],
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
    mends: [again('temporal')],
    only,
  },
  {
    check: 'temporal.namespace-default',
    breaks: [sql('temporal', "DELETE FROM standin_namespaces WHERE name = 'default'")],
    evidence: /there is no such namespace/,
    fix: /scripts\/temporal\.mjs .*--limit lab/,
    // The image makes it when it starts.
    mends: [{ shell: 'docker restart pocket-temporal-temporal-1' }],
    only,
  },
];
