#!/usr/bin/env node
// Deploys monitoring: Prometheus with its alert rules, Grafana with its dashboards, probes of the public URLs and of health.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  alertmanagerConfig,
  blackboxConfig,
  COMPOSE,
  command,
  composeFile,
  DERIVED_RULES,
  derivedRules,
  envTemplate,
  GATEWAY,
  privatePorts,
  prometheusConfig,
  RECEIVER_SECRETS,
  receiverFile,
  ruleFiles,
  runRole,
  settingFlags,
  sh,
  stack,
  withGateway,
  yaml,
} from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const monitoring = {
  name: 'monitoring',
  summary:
    'Prometheus with alert rules, Grafana with dashboards, probes of the public URLs and of health, and the Alertmanager if people are to be told.',
  steps: (context) => {
    const { deployment, host } = context;
    const { images, profile } = deployment;
    const alerts = profile.monitoring.alerts.length > 0;
    const domain = profile.grafana_domain;
    return [
      ...stack({
        name: 'monitoring',
        env: withGateway(
          envTemplate('monitoring', {
            prometheus_image: images.prometheus,
            grafana_image: images.grafana,
            blackbox_exporter_image: images.blackbox_exporter,
            alertmanager_image: images.alertmanager,
            retention: `${profile.monitoring.retention_days}d`,
            prometheus_url: 'http://localhost:9091/',
            grafana_url: domain ? `https://${domain}/` : 'http://localhost:3002/',
            cookie_secure: String(domain !== undefined),
            gateway: GATEWAY,
          }),
        ),
        services: ['prometheus', 'grafana', 'blackbox', ...(alerts ? ['alertmanager'] : [])],
        files: [
          ...prometheusFiles(context),
          {
            path: 'blackbox/blackbox.yml',
            content: yaml(
              'How public URLs and health are asked.',
              blackboxConfig(deployment, host),
            ),
            validate: checked(images.blackbox_exporter, '/bin/blackbox_exporter', [
              '--config.check',
              '--config.file=/new',
            ]),
          },
          ...grafanaFiles(context),
          ...(alerts ? alertmanagerFiles(context) : []),
        ],
        publish: {
          prometheus: privatePorts(deployment, host, 'prometheus'),
          grafana: privatePorts(deployment, host, 'grafana'),
        },
      }),
      password(),
      ...(alerts ? [] : [withoutAlertmanager()]),
    ];
  },
};

// The users that the images run as. Sources: prometheus and alertmanager, Dockerfile, v3.5 and v0.28; grafana,
// Dockerfile, v12.
const NOBODY = /** @type {const} */ ('65534:65534');
const GRAFANA = /** @type {const} */ ('472:0');

/**
 * The rules come first, since the configuration that names them is checked together with them. By themselves, only those
 * are checked that the deployment makes: the others are the same everywhere.
 * @param {import('../lib/role.ts').RoleContext} context
 */
function prometheusFiles({ deployment, host, secrets }) {
  const image = deployment.images.prometheus;
  const rules = ruleFiles(deployment).map((name) => ({
    path: `rules/${name}`,
    ...(name === DERIVED_RULES
      ? {
          content: yaml('What follows from the deployment.', derivedRules(deployment, secrets)),
          validate: checked(image, '/bin/promtool', ['check', 'rules', '/new']),
        }
      : { content: composeFile(`monitoring/rules/${name}`) }),
  }));
  const config = {
    path: 'prometheus/prometheus.yml',
    content: yaml('What is scraped and judged.', prometheusConfig(deployment, host)),
    validate: checked(image, '/bin/promtool', ['check', 'config', '/new']),
  };
  return [...rules, config];
}

/** @param {import('../lib/role.ts').RoleContext} context */
function grafanaFiles({ secrets }) {
  const provisioning = ['datasources/prometheus.yaml', 'dashboards/pocket.yaml'].map(
    (name) => `provisioning/${name}`,
  );
  const dashboards = readdirSync(join(COMPOSE, 'monitoring/grafana/dashboards'))
    .toSorted()
    .map((name) => `dashboards/${name}`);
  return [
    ...[...provisioning, ...dashboards].map((name) => ({
      path: `grafana/${name}`,
      content: composeFile(`monitoring/grafana/${name}`),
    })),
    {
      path: 'grafana/secrets/admin-password',
      content: `${secrets.get('grafana_admin_password').reveal()}\n`,
      owner: GRAFANA,
      mode: '400',
    },
  ];
}

/** @param {import('../lib/role.ts').RoleContext} context */
function alertmanagerFiles({ deployment, secrets }) {
  const image = deployment.images.alertmanager;
  return [
    {
      path: 'alertmanager/alertmanager.yml',
      content: yaml('Who is told of alerts.', alertmanagerConfig(deployment)),
      validate: checked(image, '/bin/amtool', ['check-config', '/new']),
    },
    ...deployment.profile.monitoring.alerts.map((receiver) => ({
      path: `alertmanager/secrets/${receiverFile(receiver)}`,
      content: `${secrets.get(RECEIVER_SECRETS[receiver]).reveal()}\n`,
      owner: NOBODY,
      mode: '400',
    })),
  ];
}

/**
 * Asks the image's own program whether the new file in `$new` is good, before it replaces the one in use.
 * @param {string} image
 * @param {string} program
 * @param {string[]} words
 */
function checked(image, program, words) {
  return sh`
    docker run --rm --network none --user 0 --entrypoint ${program} --volume "$new:/new:ro" \
      --volume /opt/pocket/monitoring/rules:/etc/pocket/rules:ro ${image} ${words}`;
}

/**
 * Makes the password of Grafana's admin the one of the file: Grafana itself takes it for an empty volume only. Whether it
 * is, is told by signing in. The container has the file, so the password stands in no argument and in no environment.
 */
function password() {
  const grafana = sh`docker compose --project-directory /opt/pocket/monitoring exec -T grafana`;
  return command({
    title: 'Set the password of the Grafana user admin',
    unless: sh`
      ${grafana} sh -c '
        password=$(sed "s/[\"\\\\]/\\\\&/g" /etc/pocket/secrets/admin-password)
        printf "user = \"admin:%s\"\n" "$password" |
          curl -q -fsS -o /dev/null --max-time 10 --config - http://127.0.0.1:3002/api/user'`,
    run: sh`
      ${grafana} sh -c '
        grafana cli --homepath /usr/share/grafana admin reset-admin-password --password-from-stdin \
          </etc/pocket/secrets/admin-password'`,
  });
}

/** Nobody is told any more: the stack ends the container, and here go the secrets of the receivers. */
function withoutAlertmanager() {
  return command({
    title: 'Have no Alertmanager',
    unless: sh`[[ ! -e /opt/pocket/monitoring/alertmanager ]]`,
    run: sh`rm -r /opt/pocket/monitoring/alertmanager`,
  });
}

if (import.meta.main) {
  await runRole(monitoring, {
    others: [images],
    flags: settingFlags({
      'monitoring.retention_days': 'DAYS',
      'images.prometheus': 'IMAGE',
      'images.grafana': 'IMAGE',
    }),
  });
}
