import { again, environment, shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';

const only = ['monitoring'];
const RULES = '/opt/pocket/monitoring/rules';
/** Has Prometheus read its rules again. */
const reload = 'docker kill --signal HUP pocket-monitoring-prometheus-1';

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'monitoring.targets',
    breaks: [{ shell: 'docker stop pocket-exporters-redis-exporter-1' }],
    evidence: /redis of lab is down/,
    fix: /scripts\/exporters\.mjs/,
    alsoFails: ['monitoring.alerts'],
    only,
  },
  {
    check: 'monitoring.datasource',
    breaks: [{ shell: 'docker stop pocket-monitoring-prometheus-1' }],
    evidence: /./,
    fix: /scripts\/monitoring\.mjs/,
    alsoFails: ['monitoring.targets', 'monitoring.rules', 'monitoring.alerts'],
    only,
  },
  {
    check: 'monitoring.rules',
    breaks: [
      shell(`cat >${RULES}/public.yaml <<'YAML'
groups:
  - name: validation
    interval: 1s
    rules: [{ record: 'validation:broken', expr: up * on (nothing) up }]
YAML
        ${reload}`),
    ],
    evidence: /^validation:broken: found duplicate series/,
    fix: /scripts\/monitoring\.mjs .*--limit lab/,
    alsoFails: ['monitoring.alerts'],
    only,
  },
  {
    check: 'monitoring.alerts',
    verdict: 'warn',
    breaks: [
      shell(`cat >${RULES}/public.yaml <<'YAML'
groups:
  - name: validation
    interval: 1s
    rules: [{ alert: Validation, expr: vector(1) }]
YAML
        ${reload}`),
    ],
    evidence: /^Validation$/,
    fix: /each alert says what to do/,
    mends: [again('monitoring')],
    only,
  },
  {
    check: 'monitoring.sign-in',
    breaks: [environment('monitoring', 'grafana', { GF_AUTH_ANONYMOUS_ENABLED: 'true' })],
    evidence: /^HTTP 200 .*; wanted: 401$/,
    fix: /scripts\/monitoring\.mjs .*--limit lab/,
    only,
  },
  {
    check: 'monitoring.dashboards',
    breaks: [
      shell(
        'rm /opt/pocket/monitoring/grafana/dashboards/miner.json; docker restart pocket-monitoring-grafana-1',
      ),
    ],
    evidence: /^it lacks miner$/,
    fix: /scripts\/monitoring\.mjs .*--limit lab/,
    alsoFails: ['monitoring.datasource', 'monitoring.sign-in'],
    only,
  },
];
