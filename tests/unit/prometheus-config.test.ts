import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { type Deployment, loadDeployment } from '../../lib/deployment.ts';
import { openingsOf, type Source } from '../../lib/firewall/openings.ts';
import { derivedRules, ruleFiles } from '../../lib/monitoring/alert-rules.ts';
import { alertmanagerConfig } from '../../lib/monitoring/alertmanager-config.ts';
import { blackboxConfig } from '../../lib/monitoring/blackbox-config.ts';
import { prometheusConfig } from '../../lib/monitoring/prometheus-config.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { promtool, skipReason } from '../monitoring/promtool.ts';
import { directoryWith, OWNER } from './profile/temporary.ts';

const RELAYMINER = `relayminer:
  keys_file: keys.yaml
  services: {eth: {backends: {jsonrpc: {url: "http://10.0.0.9:8545"}}}}
`;
const ONE_HOST = `hosts: {one: 203.0.113.1}
redis_hosts: [one]
relay_relayers: [one]
relay_miners: [one]
reverse_proxy_hosts: [one]
monitoring_hosts: [one]
relay_public_domain: relay.nodes.net
reverse_proxy: {tls: internal}
${RELAYMINER}`;
const FOUR_HOSTS = `hosts:
  edge: {address: 203.0.113.1, private_address: 10.0.0.1}
  relay: {address: 203.0.113.2, private_address: 10.0.0.2}
  data: {address: 203.0.113.3, private_address: 10.0.0.3}
  watch: {address: 203.0.113.4, private_address: 10.0.0.4}
redis_hosts: [data]
relay_relayers: [relay, edge]
relay_miners: [relay]
reverse_proxy_hosts: [edge]
monitoring_hosts: [watch]
relay_public_domain: relay.nodes.net
grafana_domain: grafana.nodes.net
reverse_proxy: {acme_email: me@nodes.net}
${RELAYMINER}`;
const IGNITER = `hosts:
  portal: {address: 203.0.113.1, private_address: 10.0.0.1}
  data: {address: 203.0.113.2, private_address: 10.0.0.2}
  watch: {address: 203.0.113.3, private_address: 10.0.0.3}
postgres_hosts: [data]
temporal_hosts: [data]
provider_hosts: [portal]
monitoring_hosts: [watch]
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
`;
const MIDDLEMAN = `middleman_hosts: [watch]
middleman_domain: stake.nodes.net
provider_public_api_domain: provider.nodes.net
middleman: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
reverse_proxy_hosts: [portal]
reverse_proxy: {acme_email: me@nodes.net}
`;

function load(t: TestContext, profile: string, network = 'main'): Deployment {
  const root = directoryWith(t, {
    'p.yaml': `pocket_network: ${network}\n${profile}`,
    'keys.yaml': `keys: ["${'11'.repeat(32)}", "${'22'.repeat(32)}"]\n`,
  });
  return loadDeployment(join(root, 'p.yaml'), { root });
}

interface Config {
  rule_files: string[];
  alerting?: object;
  scrape_configs: {
    job_name: string;
    metrics_path?: string;
    static_configs: { targets: string[]; labels: Record<string, string> }[];
  }[];
}

/** Every target by its job and `instance`. */
function targets(config: object): Record<string, string> {
  return Object.fromEntries(
    (config as Config).scrape_configs.flatMap(({ job_name, static_configs }) =>
      static_configs.map(({ targets: [target = ''], labels }) => [
        `${job_name} ${labels.instance}`,
        target,
      ]),
    ),
  );
}

describe('Prometheus scrapes', () => {
  test('everything of one host at its names on the Docker network', (t) => {
    const deployment = load(t, ONE_HOST);
    assert.deepEqual(targets(prometheusConfig(deployment, deployment.host('one'))), {
      'prometheus one': 'localhost:9091',
      'relayers one': 'relayer:9090',
      'miners one': 'miner:9092',
      'hosts one': 'node-exporter:9100',
      'redis one': 'redis-exporter:9121',
      'probes relay.nodes.net': 'blackbox:9115',
    });
  });

  test('other hosts at their private addresses, under their names', (t) => {
    const deployment = load(t, FOUR_HOSTS);
    assert.deepEqual(targets(prometheusConfig(deployment, deployment.host('watch'))), {
      'prometheus watch': 'localhost:9091',
      'relayers relay': '10.0.0.2:9090',
      'relayers edge': '10.0.0.1:9090',
      'miners relay': '10.0.0.2:9092',
      'hosts edge': '10.0.0.1:9100',
      'hosts relay': '10.0.0.2:9100',
      'hosts data': '10.0.0.3:9100',
      'hosts watch': 'node-exporter:9100',
      'redis data': '10.0.0.3:9121',
      'probes relay.nodes.net': 'blackbox:9115',
      'probes grafana.nodes.net': 'blackbox:9115',
    });
  });

  test('a managed Redis and PostgreSQL through exporters on its own host', (t) => {
    const deployment = load(
      t,
      `hosts:
  relay: {address: 203.0.113.2, private_address: 10.0.0.2}
  watch: {address: 203.0.113.4, private_address: 10.0.0.4}
relay_relayers: [relay]
relay_miners: [relay]
temporal_hosts: [relay]
monitoring_hosts: [watch]
redis: {mode: external}
redis_url: rediss://redis.cloud.net:6380
postgres: {mode: external, address: "postgres.cloud.net:5432"}
secrets: {postgres_password: "env:POSTGRES_PASSWORD"}
${RELAYMINER}`,
    );
    const found = targets(prometheusConfig(deployment, deployment.host('watch')));
    assert.equal(found['redis watch'], 'redis-exporter:9121');
    assert.equal(found['postgres watch'], 'postgres-exporter:9187');
    const outward = deployment.connections.filter(({ from }) => from === 'watch');
    assert.ok(outward.some(({ to, port }) => to === 'managed Redis' && port === 6380));
    assert.ok(outward.some(({ to, port }) => to === 'managed PostgreSQL' && port === 5432));
  });

  test('no Redis that only Sentinels elsewhere could name', (t) => {
    const deployment = load(
      t,
      `hosts: {one: 203.0.113.1}
relay_relayers: [one]
relay_miners: [one]
monitoring_hosts: [one]
redis: {mode: external}
redis_url: redis-sentinel://a.cloud.net:26379/mymaster
${RELAYMINER}`,
    );
    assert.deepEqual(deployment.publishers('redis-exporter'), []);
    assert.ok(!ruleFiles(deployment).includes('redis.yaml'));
  });
});

interface Module {
  prober: string;
  http: Record<string, unknown>;
  grpc: Record<string, unknown>;
}

/** The modules of the blackbox exporter of a host. */
function modulesOf(deployment: Deployment, host: string): Record<string, Module> {
  const config = blackboxConfig(deployment, deployment.host(host));
  return (config as { modules: Record<string, Module> }).modules;
}

describe('what has no metrics', () => {
  /** What is asked by the exporter of the host with Prometheus: by job and host the module and where it is sent. */
  const asked = (deployment: Deployment, host: string) =>
    Object.fromEntries(
      (prometheusConfig(deployment, deployment.host(host)) as Config).scrape_configs
        .filter(({ job_name, metrics_path }) => metrics_path === '/probe' && job_name !== 'probes')
        .flatMap(({ job_name, static_configs }) =>
          static_configs.map(({ targets, labels }) => {
            assert.deepEqual(targets, ['blackbox:9115']);
            const { instance, __param_module, __param_target } = labels;
            return [`${job_name} ${instance}`, `${__param_module} ${__param_target}`];
          }),
        ),
    );

  test('is asked for its health: on the same host by name, elsewhere at the private address', (t) => {
    const deployment = load(t, IGNITER + MIDDLEMAN);
    assert.deepEqual(asked(deployment, 'watch'), {
      'provider portal': 'igniter-health http://10.0.0.1:3001/api/health',
      'middleman watch': 'igniter-health http://middleman-web:3000/api/health',
      'temporal data': 'temporal-health 10.0.0.2:7233',
    });
    const modules = modulesOf(deployment, 'watch');
    assert.deepEqual(Object.keys(modules), [
      ...['provider-api', 'middleman'],
      ...['igniter-health', 'temporal-health'],
    ]);
    const { http } = modules['igniter-health']!;
    assert.deepEqual(http.valid_status_codes, [200]);
    const [pattern = ''] = http.fail_if_body_not_matches_regexp as string[];
    assert.match('{}', new RegExp(pattern));
    assert.doesNotMatch('{"error":"Database connection failed"}', new RegExp(pattern));
    assert.equal(
      modules['temporal-health']!.grpc.service,
      'temporal.api.workflowservice.v1.WorkflowService',
    );
    assert.ok(ruleFiles(deployment).includes('health.yaml'));
  });

  test('is not asked where somebody else runs it', (t) => {
    const external = `temporal: {mode: external, address: "temporal.cloud.net:7233"}\n`;
    const deployment = load(t, IGNITER.replace('temporal_hosts: [data]\n', external));
    assert.deepEqual(Object.keys(asked(deployment, 'watch')), ['provider portal']);
  });

  test('is published to the host with Prometheus, and let in by the firewall', (t) => {
    const deployment = load(t, IGNITER);
    const openings = (name: string) =>
      openingsOf(deployment, deployment.host(name)).flatMap(({ port, from }) =>
        (from as Source[]).some(({ host }) => host === 'watch') ? [port] : [],
      );
    assert.deepEqual(openings('portal'), [3001, 9100]);
    assert.deepEqual(openings('data'), [7233, 9100, 9187]);
    const bound = deployment.bindAddresses('provider-web', deployment.host('portal'));
    assert.deepEqual(bound, ['127.0.0.1', '10.0.0.1']);
    const { bindAddresses, host } = load(t, IGNITER + MIDDLEMAN.replace('[portal]', '[watch]'));
    assert.deepEqual(bindAddresses('middleman-web', host('watch')), ['127.0.0.1']);
  });
});

describe('public names', () => {
  const modules = (deployment: Deployment) =>
    modulesOf(deployment, deployment.group('monitoring_hosts')[0]!.name);
  const urls = (deployment: Deployment, host: string) =>
    (prometheusConfig(deployment, deployment.host(host)) as Config).scrape_configs
      .filter(({ job_name }) => job_name === 'probes')
      .flatMap(({ static_configs }) => static_configs.map(({ labels }) => labels.__param_target));

  test('are asked as everybody asks them', (t) => {
    const deployment = load(t, FOUR_HOSTS);
    assert.deepEqual(urls(deployment, 'watch'), [
      'https://relay.nodes.net/',
      'https://grafana.nodes.net/login',
    ]);
    assert.deepEqual(Object.keys(modules(deployment)), ['relay', 'grafana']);
    const { relay } = modules(deployment);
    assert.deepEqual(relay?.http.valid_status_codes, [400]);
    assert.equal(relay?.http.tls_config, undefined);
  });

  test('that exist in no DNS are asked of the proxy itself', (t) => {
    const deployment = load(t, ONE_HOST);
    assert.deepEqual(urls(deployment, 'one'), ['https://proxy:443/']);
    assert.deepEqual(modules(deployment).relay?.http.headers, { Host: 'relay.nodes.net' });
    assert.ok(!ruleFiles(deployment).includes('certificates.yaml'));
  });

  test('are not asked where there is no proxy', (t) => {
    const deployment = load(t, 'hosts: {one: 203.0.113.1}\nmonitoring_hosts: [one]\n');
    assert.deepEqual(urls(deployment, 'one'), []);
    assert.deepEqual(modules(deployment), {});
    assert.deepEqual(ruleFiles(deployment), ['deployment.yaml', 'monitoring.yaml', 'hosts.yaml']);
  });
});

test('what alerts compare with follows from the deployment', (t) => {
  const expressions = (network: string) => {
    const deployment = load(t, ONE_HOST, network);
    const secrets = loadSecrets(deployment, { create: true });
    const { groups } = derivedRules(deployment, secrets) as {
      groups: { rules: { record: string; expr: string }[] }[];
    };
    return Object.fromEntries(
      groups.flatMap(({ rules }) => rules).map(({ record, expr }) => [record, expr]),
    );
  };
  const main = expressions('main');
  assert.equal(main['pocket:supplier_keys'], 'vector(2)');
  assert.match(main['pocket:relayer_block_height:changes'] ?? '', /\[600s\]\)$/);
  assert.match(expressions('beta')['pocket:relayer_block_height:changes'] ?? '', /\[300s\]\)$/);
});

describe('people', () => {
  const alerts = (more: string) =>
    `hosts: {one: 203.0.113.1}\nmonitoring_hosts: [one]\nmonitoring: {alerts: [webhook, slack, pagerduty]}\n${more}`;
  const SECRETS = `secrets:
  alert_webhook_url: env:TEST_WEBHOOK
  alert_slack_url: env:TEST_SLACK
  alert_pagerduty_key: env:TEST_PAGERDUTY
`;

  test('are told of alerts in every way that the profile names, with secrets in files only', (t) => {
    const deployment = load(t, alerts(SECRETS));
    const said = JSON.stringify(alertmanagerConfig(deployment));
    for (const file of ['alert-webhook-url', 'alert-slack-url', 'alert-pagerduty-key']) {
      assert.match(said, new RegExp(`_file":"/etc/alertmanager/secrets/${file}"`));
    }
    const { alerting } = prometheusConfig(deployment, deployment.host('one')) as Config;
    assert.match(JSON.stringify(alerting), /alertmanager:9093/);
  });

  test('are told of none where the profile names no way', (t) => {
    const deployment = load(t, ONE_HOST);
    const config = prometheusConfig(deployment, deployment.host('one')) as Config;
    assert.equal(config.alerting, undefined);
  });

  test('are told with secrets that are never made up, and are of the right form', (t) => {
    assert.throws(() => load(t, alerts('')), /secrets\.alert_slack_url.*missing/s);
    const deployment = load(t, alerts(SECRETS));
    for (const [name, value] of [
      ['TEST_WEBHOOK', 'https://hooks.nodes.net/secret'],
      ['TEST_SLACK', 'https://hooks.slack.com/services/T/B/secret'],
      ['TEST_PAGERDUTY', 'no key'],
    ]) {
      process.env[name!] = value!;
      t.after(() => delete process.env[name!]);
    }
    assert.throws(
      () => loadSecrets(deployment, { create: true }),
      /secrets\.alert_pagerduty_key: is not the routing key/,
    );
    process.env.TEST_PAGERDUTY = 'R0123456789ABCDEF';
    const secrets = loadSecrets(deployment, { create: true });
    assert.equal(secrets.get('alert_pagerduty_key').reveal(), 'R0123456789ABCDEF');
  });

  test('need somebody who watches', (t) => {
    const profile = alerts(SECRETS).replace('monitoring_hosts', 'pocket_cli_hosts');
    assert.throws(() => load(t, profile), /monitoring\.alerts.*needs a host in monitoring_hosts/s);
  });
});

test('promtool accepts the configuration with its rules', { skip: skipReason }, (t) => {
  for (const [profile, host] of [
    [ONE_HOST, 'one'],
    [FOUR_HOSTS, 'watch'],
    [IGNITER + MIDDLEMAN, 'watch'],
  ] as const) {
    const deployment = load(t, profile);
    const config = { ...prometheusConfig(deployment, deployment.host(host)), rule_files: [] };
    const path = join(directoryWith(t, { 'prometheus.yml': stringify(config) }), 'prometheus.yml');
    const { status, output } = promtool('check', 'config', path);
    assert.equal(status, 0, output);
  }
});
