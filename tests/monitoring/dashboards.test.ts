import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { DASHBOARDS } from '../../lib/checks/monitoring.ts';
import { COMPOSE } from '../../lib/steps/stack.ts';
import { directoryWith } from '../unit/profile/temporary.ts';
import { growthsIn, KNOWN_METRICS, NEVER_WRITTEN, namesIn } from './metrics.ts';
import { promtool, skipReason } from './promtool.ts';

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: { expr: string; refId: string }[];
}

interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: { name: string; query: { query: string } }[] };
}

const dashboards = DASHBOARDS.map((name) => ({
  name,
  dashboard: JSON.parse(
    readFileSync(join(COMPOSE, 'monitoring/grafana/dashboards', `${name}.json`), 'utf8'),
  ) as Dashboard,
}));

/** What Grafana puts in before it asks. */
const filled = (expression: string) =>
  expression.replaceAll('$__rate_interval', '1m').replaceAll('$instance', 'h1|h2');

const queries = dashboards.flatMap(({ name, dashboard }) =>
  dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: `${name}: ${title}`, query: filled(expr) })),
  ),
);

test('there is a dashboard for the fleet, relayers, miners, Redis and hosts', () => {
  assert.deepEqual(DASHBOARDS, ['fleet', 'hosts', 'miner', 'redis', 'relayer']);
});

describe('every dashboard', () => {
  for (const { name, dashboard } of dashboards) {
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');

    test(`${name} is called like its file, and asks our data source`, () => {
      assert.equal(dashboard.uid, name);
      for (const { datasource } of panels) assert.equal(datasource?.uid, 'prometheus');
    });
    test(`${name} has panels that ask something, each with a number of its own, none over another`, () => {
      assert.ok(panels.length >= 10);
      for (const { title, targets = [] } of panels) assert.ok(targets.length > 0, title);
      assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
      const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
      );
      assert.equal(new Set(cells).size, cells.length);
      assert.ok(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24));
    });
    test(`${name} asks for variables that it has`, () => {
      const text = JSON.stringify(dashboard.panels);
      const used = new Set([...text.matchAll(/\$(?!__)(\w+)/g)].map(([, variable]) => variable));
      assert.deepEqual(
        [...used],
        dashboard.templating.list.map((one) => one.name),
      );
    });
  }
});

describe('every query', () => {
  test('is PromQL', { skip: skipReason }, (t) => {
    const rules = queries.map(({ query }, index) => ({ record: `panel:${index}`, expr: query }));
    const text = stringify({ groups: [{ name: 'panels', rules }] }, { lineWidth: 0 });
    const path = join(directoryWith(t, { 'panels.yaml': text }), 'panels.yaml');
    const { status, output } = promtool('check', 'rules', path);
    assert.equal(status, 0, output);
  });

  test('asks for metrics that exist and are written, and for the growth of counters only', () => {
    for (const { where, query } of queries) {
      const names = namesIn(query);
      assert.ok(names.length > 0, where);
      for (const name of names) {
        assert.ok(KNOWN_METRICS.has(name), `${where}: ${name}`);
        assert.ok(!NEVER_WRITTEN.some((one) => name.startsWith(one)), `${where}: ${name}`);
      }
      for (const name of growthsIn(query)) {
        assert.match(KNOWN_METRICS.get(name) ?? '', /^(?:counter|untyped)$/, `${where}: ${name}`);
      }
    }
  });

  test('of a variable asks for a metric that exists', () => {
    for (const { name, dashboard } of dashboards) {
      for (const { query } of dashboard.templating.list) {
        const [, metric = ''] = /^label_values\((\w+), instance\)$/.exec(query.query) ?? [];
        assert.ok(KNOWN_METRICS.has(metric), `${name}: ${query.query}`);
      }
    }
  });
});
