import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { $ } from 'zx';
import { type Host, testHosts } from '../fleet/hosts.ts';
import { runScript, type ScriptResult } from '../fleet/lab-fixture.ts';
import { containersByStack, remade } from '../fleet/state.ts';
import { buildImages } from '../lab/images/build.ts';

const ROLES = 'common,install-docker,images,redis,exporters,monitoring';
const EXPORTERS = {
  node_exporter: 'debian/node-exporter:1.9.0',
  redis_exporter: 'debian/redis-exporter:1.69.0',
  postgres_exporter: 'debian/postgres-exporter:0.17.1',
};
const IMAGES = {
  ...EXPORTERS,
  redis: 'debian/redis:8.6',
  // Not run here: the line before v0.1 is content with Debian's Redis.
  relayminer: 'standin/pocket-relay-miner:ad37bcb',
  prometheus: 'debian/prometheus:2.53.3',
  alertmanager: 'debian/alertmanager:0.28.1',
  grafana: 'standin/grafana:12.1.1',
  blackbox_exporter: 'debian/blackbox-exporter:0.26.0',
};

/** Two hosts, of which `watch` monitors both, and `data` has Redis. */
interface Scene {
  watch: Host;
  data: Host;
  /** Writes the profile anew, with these values over the others. */
  change(changes: Record<string, unknown>): void;
  script(name: string, ...words: string[]): Promise<ScriptResult>;
  /** Deploys, and returns the titles of the steps that changed something. */
  deploy(): Promise<string[]>;
}

async function scene(t: TestContext): Promise<Scene> {
  const { relayminer: _, ...used } = IMAGES;
  await buildImages(Object.values(used));
  const { watch, data } = await testHosts(t, { watch: {}, data: {} });
  await load(watch, Object.values(used));
  await load(data, [...Object.values(EXPORTERS), IMAGES.redis]);
  const home = mkdtempSync(join(tmpdir(), 'pocket-monitoring-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'deployments'), { mode: 0o700 });
  const profile = join(home, 'watched.yaml');
  const at = ({ address, identityFile }: Host) => ({
    ...{ address, user: 'root', identity_file: identityFile, private_address: address },
  });
  const base = {
    pocket_network: 'local',
    hosts: { watch: at(watch), data: at(data) },
    redis_hosts: ['data'],
    monitoring_hosts: ['watch'],
    firewall: { enabled: false },
    images: IMAGES,
  };
  const change: Scene['change'] = (changes) =>
    writeFileSync(profile, stringify({ ...base, ...changes }));
  change({});
  const script: Scene['script'] = (name, ...words) =>
    runScript(home, name, '--profile', profile, ...words);
  return {
    ...{ watch, data, change, script },
    deploy: async () => {
      const run = await script('deploy', '--only', ROLES, '--json');
      assert.equal(run.status, 0, run.stdout.slice(-3000) + run.stderr.slice(-3000));
      return run.events
        .filter(({ status }) => status === 'changed')
        .map(({ title }) => String(title));
    },
  };
}

async function load(host: Host, images: string[]): Promise<void> {
  await $({
    quiet: true,
  })`docker save ${images} | docker exec -i ${host.container} docker load --quiet`;
}

/** Validates until a finding has the verdict, at most 90 s: Prometheus asks every 15 s. */
async function finding(one: Scene, id: string, verdict: string): Promise<string> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const run = await one.script('validate', '--only', id, '--json');
    const found = run.events.find((event) => event.id === id);
    if (found?.verdict === verdict) return String(found.evidence);
    if (Date.now() > deadline) assert.fail(`${id}: ${JSON.stringify(found)} ${run.stderr}`);
    await sleep(3000);
  }
}

/** The value of every series that a question to Prometheus has, by the host it is about. */
async function asked(one: Scene, query: string): Promise<Record<string, string>> {
  const { stdout } = await one.watch.exec(
    `curl -fsS --data-urlencode 'query=${query}' http://127.0.0.1:9091/api/v1/query`,
  );
  const { result } = JSON.parse(stdout).data as {
    result: { metric: { instance: string }; value: [number, string] }[];
  };
  return Object.fromEntries(result.map(({ metric, value }) => [metric.instance, value[1]]));
}

/** What Grafana answers to a user with this password: an HTTP status. */
async function signIn(one: Scene, password: string): Promise<string> {
  const { stdout } = await one.watch.exec(
    `curl -sS -o /dev/null -w '%{http_code}' -u 'admin:${password}' http://127.0.0.1:3002/api/user`,
  );
  return stdout;
}

test('two hosts and their Redis are watched', { timeout: 900_000 }, async (t) => {
  const one = await scene(t);
  const { watch, data } = one;

  await t.test('a deploy brings it up, and a second one has nothing to do', async () => {
    const changed = await one.deploy();
    for (const stack of ['redis', 'exporters', 'monitoring']) {
      assert.ok(changed.includes(`Bring up the stack ${stack}`), changed.join('\n'));
    }
    assert.deepEqual(await one.deploy(), []);
  });

  await t.test('Prometheus reaches the exporters of its own host and of the other', async () => {
    assert.equal(await finding(one, 'monitoring.targets', 'pass'), '4 targets');
    assert.deepEqual(await asked(one, 'up{job="hosts"}'), { watch: '1', data: '1' });
    assert.deepEqual(await asked(one, 'redis_up'), { data: '1' });
    assert.deepEqual(await asked(one, 'redis_aof_enabled'), { data: '1' });
    const names = await asked(one, 'count by (instance) (node_network_info{device="eth0"})');
    assert.deepEqual(Object.keys(names).toSorted(), ['data', 'watch'], 'the interfaces of hosts');
  });

  await t.test(
    'peer defect D11 cannot happen here: no job measures Prometheus itself by mistake',
    async () => {
      const own = await asked(one, 'prometheus_build_info{job!="prometheus"}');
      assert.deepEqual(own, {});
    },
  );

  await t.test('validation has no failure', async () => {
    const words = ['--only', 'docker,redis,exposure,monitoring', '--json'];
    const run = await one.script('validate', ...words);
    assert.deepEqual(
      run.events.filter(({ verdict }) => verdict === 'fail'),
      [],
    );
    const seen = run.events.map(({ id }) => String(id));
    for (const id of ['rules', 'sign-in', 'datasource', 'dashboards']) {
      assert.ok(seen.includes(`monitoring.${id}`), seen.join());
    }
  });

  await t.test(
    'an exporter listens for its own host and for Prometheus, and for nobody else',
    async () => {
      const sockets = async (host: Host) =>
        (await host.exec(`ss -Hltn 'sport = :9100' | awk '{print $4}' | sort`)).stdout.split('\n');
      const gateway = (
        await watch.exec(`docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' pocket`)
      ).stdout.trim();
      assert.deepEqual(
        (await sockets(watch)).filter(Boolean),
        ['127.0.0.1:9100', `${gateway}:9100`].toSorted(),
      );
      assert.deepEqual(
        (await sockets(data)).filter(Boolean),
        ['127.0.0.1:9100', `${data.address}:9100`].toSorted(),
      );
    },
  );

  await t.test('an exporter that is down is named', async () => {
    await data.exec('docker stop pocket-exporters-redis-exporter-1');
    const evidence = await finding(one, 'monitoring.targets', 'fail');
    assert.match(evidence, /^redis of data is down: /);
    const [changed] = await one.deploy();
    assert.equal(changed, 'Bring up the stack exporters');
    await finding(one, 'monitoring.targets', 'pass');
  });

  await t.test(
    'peer defect D42 cannot happen here: a changed password is the one that counts',
    async () => {
      process.env.TEST_GRAFANA_PASSWORD = 'p@ss:w"rd\\1 $x';
      t.after(() => delete process.env.TEST_GRAFANA_PASSWORD);
      one.change({ secrets: { grafana_admin_password: 'env:TEST_GRAFANA_PASSWORD' } });
      const changed = await one.deploy();
      assert.ok(changed.includes('Set the password of the Grafana user admin'), changed.join('\n'));
      assert.equal(await signIn(one, 'p@ss:w"rd\\1 $x'), '200');
      assert.deepEqual(await one.deploy(), []);
      await finding(one, 'monitoring.dashboards', 'pass');
    },
  );

  await t.test(
    'peer defect D12 cannot happen here: a changed configuration is in force',
    async () => {
      const before = await containersByStack(watch);
      one.change({ name: 'renamed-deployment' });
      await one.deploy();
      assert.deepEqual(remade(before, await containersByStack(watch)), ['monitoring']);
      const { stdout } = await watch.exec('curl -fsS http://127.0.0.1:9091/api/v1/status/config');
      assert.match(JSON.parse(stdout).data.yaml, /deployment: renamed-deployment/);
      one.change({});
      await one.deploy();
    },
  );

  await t.test('people are told of alerts where the profile says so, and only then', async () => {
    const told = Promise.withResolvers<string>();
    const messages: string[] = [];
    let status = 200;
    const receiver = http.createServer(async (request, response) => {
      const message = await text(request);
      messages.push(message);
      if (message.includes('"alertname":"Test"')) told.resolve(message);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '0.0.0.0', resolve));
    t.after(() => receiver.close());
    const { port } = receiver.address() as AddressInfo;
    const machine = watch.address.replace(/\d+$/, '1');
    process.env.TEST_ALERT_URL = `http://${machine}:${port}/a-secret-in-a-url`;
    t.after(() => delete process.env.TEST_ALERT_URL);
    one.change({
      monitoring: { alerts: ['webhook'] },
      secrets: { alert_webhook_url: 'env:TEST_ALERT_URL' },
    });
    await one.deploy();
    assert.deepEqual(await one.deploy(), []);
    await finding(one, 'monitoring.alertmanager', 'pass');
    await watch.exec(`docker exec pocket-monitoring-alertmanager-1 curl -fsS \
      -H 'content-type: application/json' -d '[{"labels":{"alertname":"Test","severity":"page"}}]' \
      http://127.0.0.1:9093/api/v2/alerts`);
    const message = await Promise.race([told.promise, sleep(60_000, 'nothing came')]);
    assert.match(message, /"alertname":"Test"/);

    const path = async () => {
      const words = ['--alert', '--only', 'monitoring.alert-path', '--json'];
      const { events } = await one.script('validate', ...words);
      const { verdict, evidence } = events.find(({ id }) => id === 'monitoring.alert-path') ?? {};
      return `${verdict} ${evidence}`;
    };
    assert.equal(await path(), 'pass accepted by webhook');
    assert.ok(messages.some((one) => one.includes('"alertname":"PocketTestOfTheAlertPath"')));
    // At once: the Alertmanager tells of every test by itself.
    status = 500;
    assert.match(await path(), /^fail webhook refused [1-9]\d* of [1-9]\d* requests$/);

    const holding = `{ grep -rlsF a-secret-in-a-url /opt /etc /root || :; } | xargs -r stat -c '%a %u %n'`;
    assert.equal(
      (await watch.exec(holding)).stdout.trim(),
      '400 65534 /opt/pocket/monitoring/alertmanager/secrets/alert-webhook-url',
    );
    assert.doesNotMatch((await watch.exec('docker inspect $(docker ps -q)')).stdout, /a-secret-in/);

    one.change({});
    assert.ok((await one.deploy()).includes('Have no Alertmanager'));
    assert.deepEqual(await one.deploy(), []);
    assert.equal((await watch.exec(`${holding}; docker ps -aqf name=alertmanager`)).stdout, '');
  });
});
