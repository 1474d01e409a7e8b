import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { imagesOf } from '../../../lib/images/role-images.ts';
import { Shell } from '../../../lib/shell.ts';
import { exporters } from '../../../scripts/exporters.mjs';
import { monitoring } from '../../../scripts/monitoring.mjs';
import { bash, deployment } from './deployed.ts';

const THREE_HOSTS = `
  data: {address: 203.0.113.7, private_address: 10.0.0.4}
  front: {address: 203.0.113.8, private_address: 10.0.0.5}
  watch: {address: 203.0.113.9, private_address: 10.0.0.6}
postgres_hosts: [data]
temporal_hosts: [data]
redis_hosts: [data]
provider_hosts: [front]
monitoring_hosts: [watch]`;

const on = (t: TestContext, settings = '') => deployment(t, THREE_HOSTS, settings);

/** The services that the last step of a stack starts. */
function started(script: string): string[] {
  const [, words = ''] = /--remove-orphans (.+)$/m.exec(script) ?? [];
  return words.trim().split(' ');
}

describe('the exporters', () => {
  test('are those that have something to ask on the host', (t) => {
    const services = (host: string) =>
      started(on(t).run(exporters, host).step('Bring up the stack').apply.text);
    assert.deepEqual(services('data'), ['node-exporter', 'redis-exporter', 'postgres-exporter']);
    assert.deepEqual(services('front'), ['node-exporter']);
    assert.deepEqual(services('watch'), ['node-exporter']);
  });

  test('listen at the private address for the Prometheus of another host', (t) => {
    const env = on(t).run(exporters, 'data').env('exporters');
    assert.equal(
      env.NODE_EXPORTER_LISTEN,
      '--web.listen-address=127.0.0.1:9100 --web.listen-address=10.0.0.4:9100',
    );
    assert.equal(env.REDIS_ADDR, 'redis://redis:6379');
    assert.equal(env.POSTGRES_SOURCE, 'postgres:5432/postgres?sslmode=disable');
    const { content } = on(t).run(exporters, 'data').step('Write /opt/pocket/exporters/compose.ov');
    assert.match((content as Shell).text, /10\.0\.0\.4:9121:9121/);
    assert.match((content as Shell).text, /10\.0\.0\.4:9187:9187/);
  });

  test('of the host with Prometheus listen at the gateway that only the host knows', (t) => {
    const { content } = on(t).run(exporters, 'watch').step('Write /opt/pocket/exporters/.env');
    assert.ok(content instanceof Shell);
    const text = bash(content.text, 'docker() { printf "172.18.0.1\\n\\n"; }');
    assert.match(
      text,
      /^NODE_EXPORTER_LISTEN='--web\.listen-address=127\.0\.0\.1:9100 --web\.listen-address=172\.18\.0\.1:9100'$/m,
    );
    for (const nothing of ['docker() { return 1; }', 'docker() { echo; }']) {
      assert.throws(() => bash(content.text, nothing), 'no gateway is not every address');
    }
  });

  test('have passwords in files of their own users, and in no shell', (t) => {
    process.env.TEST_REDIS = 'p@ss/w"rd\\ $x';
    t.after(() => delete process.env.TEST_REDIS);
    const settings = 'secrets: {redis_password: "env:TEST_REDIS"}';
    const deployed = on(t, settings).run(exporters, 'data');
    assert.deepEqual(JSON.parse(deployed.text('/opt/pocket/exporters/redis/passwords.json')), {
      'redis://redis:6379': 'p@ss/w"rd\\ $x',
    });
    assert.match(
      deployed.step('Write /opt/pocket/exporters/redis/passwords').check.text,
      / 400 59000:59000$/,
    );
    assert.match(
      deployed.step('Write /opt/pocket/exporters/postgres/password').check.text,
      / 400 65534:65534$/,
    );
    assert.ok(!deployed.script.includes('p@ss/w'));
  });
});

describe('monitoring', () => {
  test('checks what it writes with the image’s own programs before it is used', (t) => {
    const deployed = on(t).run(monitoring, 'watch');
    const rules = deployed.step('Write /opt/pocket/monitoring/rules/deployment.yaml').apply.text;
    assert.match(rules, /--entrypoint \/bin\/promtool .* check rules \/new/s);
    const config = deployed.step('Write /opt/pocket/monitoring/prometheus/prometheus.yml');
    assert.match(config.apply.text, /--entrypoint \/bin\/promtool .* check config \/new/s);
    const titles = deployed.steps.map(({ title }) => title);
    assert.ok(
      titles.findLastIndex((title) => title.includes('/rules/')) <
        titles.findIndex((title) => title.includes('prometheus.yml')),
      'the rules are there when the configuration that names them is checked',
    );
  });

  test('sets the password after Grafana is up, from a file that Grafana’s user alone reads', (t) => {
    process.env.TEST_GRAFANA = 'p@ss/w"rd\\ $x';
    t.after(() => delete process.env.TEST_GRAFANA);
    const settings = 'secrets: {grafana_admin_password: "env:TEST_GRAFANA"}';
    const deployed = on(t, settings).run(monitoring, 'watch');
    const titles = deployed.steps.map(({ title }) => title);
    assert.deepEqual(titles.slice(-3), [
      'Bring up the stack monitoring',
      'Set the password of the Grafana user admin',
      'Have no Alertmanager',
    ]);
    const file = deployed.step('Write /opt/pocket/monitoring/grafana/secrets/admin-password');
    assert.match(file.check.text, / 400 472:0$/);
    assert.ok(!deployed.script.includes('p@ss/w'));
  });

  test('signs in with a password of any kind, which stands in no argument', (t) => {
    const { check } = on(t).run(monitoring, 'watch').step('Set the password');
    // In place of the container: its shell, with a password file, and a curl that shows what it is told.
    const said = bash(
      check.text,
      `docker() {
        local directory; directory=$(mktemp -d)
        printf '%s\\n' 'p@ss:w"rd\\1 $x' >"$directory/admin-password"
        printf '#!/bin/sh\\necho "arguments: $*"\\ncat\\n' >"$directory/curl"; chmod 755 "$directory/curl"
        PATH=$directory:$PATH sh -c "\${*: -1}" | cat
        rm -r "$directory"
      }
      sed() { command sed "$@"; }`.replace(
        'sh -c "${*: -1}"',
        'sh -c "$(printf %s "${*: -1}" | command sed "s|/etc/pocket/secrets|$directory|")"',
      ),
    );
    assert.match(said, /^arguments: -q -fsS .*--config - http:\/\/127\.0\.0\.1:3002\/api\/user$/m);
    assert.match(said, /^user = "admin:p@ss:w\\"rd\\\\1 \$x"$/m);
  });

  test('starts the Alertmanager only where somebody is told, with the secret in a file', (t) => {
    process.env.TEST_WEBHOOK = 'https://hooks.nodes.net/a-secret';
    t.after(() => delete process.env.TEST_WEBHOOK);
    const services = (settings: string) =>
      started(on(t, settings).run(monitoring, 'watch').step('Bring up the stack').apply.text);
    assert.deepEqual(services(''), ['prometheus', 'grafana', 'blackbox']);
    const settings = `monitoring: {alerts: [webhook]}\nsecrets: {alert_webhook_url: "env:TEST_WEBHOOK"}`;
    assert.ok(services(settings).includes('alertmanager'));
    const image = (settings: string) => {
      const { loaded } = on(t, settings);
      return imagesOf(loaded, loaded.host('watch')).includes(loaded.images.alertmanager);
    };
    assert.deepEqual([image(''), image(settings)], [false, true]);
    const deployed = on(t, settings).run(monitoring, 'watch');
    assert.match(
      deployed.step('Write /opt/pocket/monitoring/alertmanager/secrets/alert-webhook-url').check
        .text,
      / 400 65534:65534$/,
    );
    assert.ok(!deployed.script.includes('a-secret'));
  });
});
