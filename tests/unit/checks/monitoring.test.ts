import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { exposureChecks } from '../../../lib/checks/exposure.ts';
import { DASHBOARDS, monitoringChecks, targetsVerdict } from '../../../lib/checks/monitoring.ts';
import { ruleNames } from '../../../lib/monitoring/alert-rules.ts';
import { findingOf } from '../../../lib/validation/check.ts';
import { ask } from './ask.ts';
import { labContext } from './deployment.ts';
import { answered, moved } from './moved.ts';

const context = labContext({ profile: 'monitoring_hosts: [lab]' });
const checks = monitoringChecks(context);
const judged = (id: string, body: unknown, status = 200) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const check = checks.find((one) => one.id === `monitoring.${id}`);
  return findingOf(check!, answered(`${text}\n${status} application/json`));
};
const target = (job: string, instance: string, health: 'up' | 'down' | 'unknown' = 'up') => ({
  ...{ labels: { job, instance }, health, lastError: 'connection refused' },
});

describe('what Prometheus scrapes', () => {
  const expected = ['hosts of a', 'redis of b'];
  const cases: [what: string, targets: ReturnType<typeof target>[], verdict: RegExp][] = [
    ['everything is up', [target('hosts', 'a'), target('redis', 'b')], /^pass 2 targets$/],
    [
      'one is down',
      [target('hosts', 'a'), target('redis', 'b', 'down')],
      /^fail redis of b is down: connection refused$/,
    ],
    ['one is not there', [target('hosts', 'a')], /^fail it does not scrape redis of b$/],
    [
      'one was not asked yet',
      [target('hosts', 'a'), target('redis', 'b', 'unknown')],
      /^warn not asked yet: redis of b$/,
    ],
  ];
  for (const [what, targets, says] of cases) {
    test(what, () => {
      const { verdict, evidence } = targetsVerdict(targets, expected);
      assert.match(`${verdict} ${evidence}`, says);
    });
  }
});

test('what tells its health is missed, too', () => {
  const { deployment, host } = context;
  const scraped = deployment.scrapeTargets(host).map(({ job, on }) => target(job, on));
  const { verdict, evidence } = judged('targets', { data: { activeTargets: scraped } });
  assert.deepEqual(
    [verdict, evidence],
    ['fail', 'it does not scrape provider of lab, temporal of lab'],
  );
});

test('a Prometheus that has just started is given the time to learn what it scrapes', async (t) => {
  const { deployment, host } = context;
  const targets = [...deployment.scrapeTargets(host), ...deployment.healthTargets(host)].map(
    ({ job, on }) => ({ ...target(job, on), scrapePool: job }),
  );
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { activeTargets: asked < 3 ? [] : targets } }));
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const asks = checks.filter(({ id }) => id === 'monitoring.targets');
  const { verdict, evidence } = (await ask(moved(asks, { 9091: port })))['monitoring.targets']!;
  assert.deepEqual([verdict, evidence], ['pass', `${targets.length} targets`]);
  assert.equal(asked, 3);
});

test('every rule of every file is there, and each of them can be evaluated', () => {
  const { deployment, secrets } = context;
  const group = ([file, names]: [string, string[]]) => ({
    file: `/etc/pocket/rules/${file}`,
    rules: names.map((name) => ({ name, health: 'ok' })),
  });
  const all = [...ruleNames(deployment, secrets)].map(group);
  const said = (groups: object[]) => {
    const { verdict, evidence } = judged('rules', { data: { groups } });
    return `${verdict} ${evidence}`;
  };
  const rules = all.flatMap((one) => one.rules).length;
  assert.equal(said(all), `pass ${rules} rules in ${all.length} files`);
  assert.match(said([]), /^fail it lacks deployment\.yaml, monitoring\.yaml, hosts\.yaml, /);
  assert.equal(
    said(all.filter(({ file }) => !file.endsWith('/hosts.yaml'))),
    'fail it lacks hosts.yaml',
  );
  const [derived, monitoring, ...others] = all;
  const half = { ...monitoring!, rules: monitoring!.rules.slice(1) };
  assert.equal(said([derived!, half, ...others]), 'fail it lacks ScrapeMissing of monitoring.yaml');
  const own = { file: '/etc/pocket/rules/own.yaml', rules: [{ name: 'A', health: 'ok' }] };
  assert.match(said([...all, own]), /^pass/);
  const broken = [{ name: 'A', health: 'err', lastError: 'many-to-many' }];
  assert.equal(said([...all, { ...own, rules: broken }]), 'fail A: many-to-many');
  assert.equal(judged('rules', 'nonsense').verdict, 'fail');
  assert.equal(judged('rules', {}, 503).verdict, 'fail');
});

test('alerts that fire are told, each once', () => {
  const alert = (alertname: string, state: string) => ({ state, labels: { alertname } });
  const alerts = (...list: object[]) => judged('alerts', { data: { alerts: list } });
  assert.equal(alerts(alert('A', 'pending')).verdict, 'pass');
  const told = alerts(alert('A', 'firing'), alert('A', 'firing'), alert('B', 'firing'));
  assert.deepEqual([told.verdict, told.evidence], ['warn', 'A, B']);
});

test('Grafana asks for a password, has its data source and every dashboard', () => {
  assert.equal(judged('sign-in', { message: 'Unauthorized' }, 401).verdict, 'pass');
  assert.equal(judged('sign-in', [], 200).verdict, 'fail');
  assert.equal(judged('datasource', { status: 'OK', message: 'fine' }).verdict, 'pass');
  assert.equal(judged('datasource', { status: 'ERROR', message: 'no' }, 400).verdict, 'fail');
  const all = DASHBOARDS.map((uid) => ({ uid }));
  assert.equal(judged('dashboards', all).verdict, 'pass');
  assert.equal(judged('dashboards', all.slice(1)).evidence, `it lacks ${DASHBOARDS[0]}`);
  assert.equal(
    judged('dashboards', { message: 'Invalid username or password' }, 401).evidence,
    'the password in use is refused',
  );
});

test('the exporter of the host with Prometheus may listen at a gateway of Docker, and nowhere else', () => {
  const check = exposureChecks(context).find(({ id }) => id === 'exposure.node-exporter');
  const listens = (address: string) =>
    findingOf(
      check!,
      answered(`LISTEN 0 4096 ${address}:9100 0.0.0.0:*\ngateway 172.18.0.1\ngateway fd00::1\n`),
    ).verdict;
  assert.equal(listens('127.0.0.1'), 'pass');
  assert.equal(listens('172.18.0.1'), 'pass');
  assert.equal(listens('0.0.0.0'), 'fail');
  assert.equal(listens('172.18.0.2'), 'fail');
});
