import type { Deployment, Host } from '../deployment.ts';
import { hostPort } from '../endpoints.ts';
import { PORTS } from '../ports.ts';
import { ruleFiles } from './alert-rules.ts';
import { healthProbes } from './health-probes.ts';
import { publicProbes } from './public-probes.ts';

/** How often everything is scraped, in seconds, which is also how often alerts are judged. */
const INTERVAL_SECONDS = 15;
/** Where the container finds the alert rules. */
const RULES = '/etc/pocket/rules';

/**
 * The configuration of the Prometheus on a host, as an object for a YAML library. Every target's `instance` is the name
 * of the host it runs on, or the public name that is probed, so that an alert says where to look.
 * Source: prometheus, docs/configuration/configuration.md, v3.5 (v2.53 reads it alike).
 */
export function prometheusConfig(deployment: Deployment, host: Host): object {
  const jobs = Map.groupBy(deployment.scrapeTargets(host), ({ job }) => job);
  const own = { targets: [`localhost:${PORTS.prometheus.port}`], labels: { instance: host.name } };
  const healthJobs = Map.groupBy(healthProbes(deployment, host), ({ job }) => job);
  const probes = publicProbes(deployment, host);
  return {
    global: {
      scrape_interval: `${INTERVAL_SECONDS}s`,
      scrape_timeout: '10s',
      evaluation_interval: `${INTERVAL_SECONDS}s`,
      external_labels: { deployment: deployment.name },
    },
    rule_files: ruleFiles(deployment).map((name) => `${RULES}/${name}`),
    ...(deployment.profile.monitoring.alerts.length > 0 && {
      alerting: {
        alertmanagers: [{ static_configs: [{ targets: ['alertmanager:9093'] }] }],
      },
    }),
    scrape_configs: [
      { job_name: 'prometheus', static_configs: [own] },
      ...[...jobs].map(([job, targets]) => ({
        job_name: job,
        static_configs: targets.map((target) => ({
          targets: [hostPort(target)],
          labels: { instance: target.on },
        })),
      })),
      ...[...healthJobs].map(([job, asked]) =>
        probed(
          job,
          asked.map(({ on, ...probe }) => ({ instance: on, ...probe })),
        ),
      ),
      ...(probes.length > 0
        ? [
            probed(
              'probes',
              probes.map(({ domain, ...probe }) => ({ instance: domain, ...probe })),
            ),
          ]
        : []),
    ],
  };
}

/** A job whose targets are asked by the blackbox exporter. */
function probed(
  job: string,
  probes: readonly { instance: string; module: string; target: string }[],
): object {
  return {
    job_name: job,
    metrics_path: '/probe',
    static_configs: probes.map(({ instance, module, target }) => ({
      targets: ['blackbox:9115'],
      labels: { instance, __param_module: module, __param_target: target },
    })),
  };
}
