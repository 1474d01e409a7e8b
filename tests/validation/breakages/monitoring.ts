import { again, environment, shell, stopped } from '../acts.ts';
import type { Breakage } from '../breakage.ts';

const only = ['monitoring'];
const RULES = '/opt/pocket/monitoring/rules';
const CONFIGURATION = '/opt/pocket/monitoring/prometheus/prometheus.yml';
/** Has Prometheus read its rules again. */
const reload = 'docker kill --signal HUP pocket-monitoring-prometheus-1';
/** Adds a group of one rule to those that are there. */
const ruleToo = (rule: string) =>
  shell(`cat >>${RULES}/public.yaml <<'YAML'
  - name: validation
    interval: 1s
    rules: [{ ${rule} }]
YAML
    ${reload}`);

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
    alsoFails: [
      ...['monitoring.targets', 'monitoring.rules', 'monitoring.alerts'],
      'monitoring.alertmanager',
    ],
    only,
  },
  {
    check: 'monitoring.rules',
    breaks: [ruleToo("record: 'validation:broken', expr: up * on (nothing) up")],
    evidence: /^validation:broken: found duplicate series/,
    fix: /scripts\/monitoring\.mjs .*--limit lab/,
    alsoFails: ['monitoring.alerts'],
    only,
  },
  {
    // A rule file of several, as after a copy that went half-way.
    check: 'monitoring.rules',
    breaks: [shell(`rm ${RULES}/health.yaml; ${reload}`)],
    evidence: /^it lacks health\.yaml$/,
    fix: /scripts\/monitoring\.mjs .*--limit lab/,
    only,
  },
  {
    check: 'monitoring.alerts',
    verdict: 'warn',
    breaks: [ruleToo('alert: Validation, expr: vector(1)')],
    evidence: /^Validation$/,
    fix: /each alert says what to do/,
    mends: [again('monitoring')],
    only,
  },
  {
    check: ['monitoring.sign-in', 'public.grafana'],
    breaks: [environment('monitoring', 'grafana', { GF_AUTH_ANONYMOUS_ENABLED: 'true' })],
    evidence: /^HTTP 200 .*; wanted: 401$/,
    fix: /scripts\/monitoring\.mjs .*--limit lab/,
    only: ['monitoring', 'public'],
  },
  {
    // As somebody leaves a configuration who has written it by hand.
    check: 'monitoring.alertmanager',
    breaks: [
      shell(`sed -i '/^alerting:/,/^scrape_configs:/{/^scrape_configs:/!d}' ${CONFIGURATION}
        ! grep -q alertmanager ${CONFIGURATION}
        ${reload}`),
    ],
    evidence: /^it has none$/,
    fix: /^scripts\/monitoring\.mjs .*--limit lab; .*logs --tail 50 prometheus alertmanager$/,
    only,
  },
  stopped('alertmanager', 'monitoring', 'monitoring'),
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
