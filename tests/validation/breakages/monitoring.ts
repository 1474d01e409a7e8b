import type { Breakage } from '../breakage.ts';

const only = ['monitoring'];

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'monitoring.targets',
    breaks: [{ shell: 'docker stop pocket-exporters-redis-exporter-1' }],
    evidence: /redis of lab is down/,
    fix: /scripts\/exporters\.mjs/,
    mends: [{ script: ['exporters'] }],
    alsoFails: ['monitoring.alerts'],
    only,
  },
  {
    check: 'monitoring.datasource',
    breaks: [{ shell: 'docker stop pocket-monitoring-prometheus-1' }],
    evidence: /./,
    fix: /scripts\/monitoring\.mjs/,
    mends: [{ script: ['monitoring'] }],
    alsoFails: ['monitoring.targets', 'monitoring.rules', 'monitoring.alerts'],
    only,
  },
];
