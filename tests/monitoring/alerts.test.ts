import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { loadDeployment } from '../../lib/deployment.ts';
import { derivedRules } from '../../lib/monitoring/alert-rules.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { directoryWith } from '../unit/profile/temporary.ts';
import { ALERT_CASES, type Series } from './alert-cases.ts';
import { growthsIn, KNOWN_METRICS, NEVER_WRITTEN, namesIn } from './metrics.ts';
import { promtool, skipReason } from './promtool.ts';
import { ALERT_RULES, RULE_FILES } from './rules.ts';

const PROFILE = `pocket_network: main
hosts:
  a: {address: 203.0.113.1, private_address: 10.0.0.1}
  b: {address: 203.0.113.2, private_address: 10.0.0.2}
  c: {address: 203.0.113.3, private_address: 10.0.0.3}
redis: {mode: sentinel}
redis_hosts: [a, b, c]
relay_relayers: [a]
relay_miners: [b]
monitoring_hosts: [c]
relayminer:
  keys_file: keys.yaml
  services: {eth: {backends: {jsonrpc: {url: "http://10.0.0.9:8545"}}}}
`;

/** The rules that follow from a deployment with three keys, three Redis servers and blocks of a minute. */
function derived(t: TestContext): object {
  const keys = stringify({ keys: ['11', '22', '33'].map((pair) => pair.repeat(32)) });
  const root = directoryWith(t, { 'p.yaml': PROFILE, 'keys.yaml': keys });
  const deployment = loadDeployment(join(root, 'p.yaml'), { root });
  return derivedRules(deployment, loadSecrets(deployment, { create: true }));
}

/** The names of the alerts that are not as the case says. */
function wrong(t: TestContext, of: 'fires' | 'quiet'): string {
  const tests = Object.entries(ALERT_CASES).map(([alert, one]) => ({
    name: alert,
    interval: '1m',
    input_series: series(one[of]),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
        eval_time: `${one.minutes ?? 30}m`,
        exp_samples: [{ labels: '{}', value: of === 'fires' ? 1 : 0 }],
      },
    ],
  }));
  const directory = directoryWith(t, {
    'deployment.yaml': stringify(derived(t)),
    'test.yaml': stringify({
      rule_files: [...RULE_FILES, 'deployment.yaml'],
      evaluation_interval: '1m',
      tests,
    }),
  });
  const { status, output } = promtool('test', 'rules', join(directory, 'test.yaml'));
  return status === 0 ? '' : output;
}

function series(values: Series): object[] {
  return Object.entries(values).map(([name, points]) => ({ series: name, values: points }));
}

describe('alert rules', { skip: skipReason }, () => {
  test('are accepted by promtool, those that follow from the deployment too', (t) => {
    const directory = directoryWith(t, { 'deployment.yaml': stringify(derived(t)) });
    const { status, output } = promtool(
      ...['check', 'rules', '--lint=all', '--lint-fatal'],
      ...[...RULE_FILES, join(directory, 'deployment.yaml')],
    );
    assert.equal(status, 0, output);
  });

  test('fire when they should', (t) => {
    assert.equal(wrong(t, 'fires'), '');
  });

  test('are quiet when they should be', (t) => {
    assert.equal(wrong(t, 'quiet'), '');
  });
});

test('every alert has a case in which it fires, and one in which it does not', () => {
  const alerts = ALERT_RULES.map(({ alert }) => alert);
  assert.equal(new Set(alerts).size, alerts.length);
  assert.deepEqual(Object.keys(ALERT_CASES).toSorted(), alerts.toSorted());
});

describe('every alert', () => {
  const recorded = new Set([
    'pocket:supplier_keys',
    'pocket:redis_hosts',
    'pocket:relayer_block_height:changes',
  ]);
  for (const { alert, expr, labels, annotations } of ALERT_RULES) {
    test(`${alert} says how bad it is, what is so, and what to do`, () => {
      assert.match(labels.severity, /^(?:page|warn)$/);
      assert.match(annotations.summary, /[^.]\.$/);
      assert.match(annotations.action, /[^.]\.$/);
    });
    test(`${alert} asks for metrics that exist and are written`, () => {
      const names = namesIn(expr);
      assert.ok(names.length > 0);
      for (const name of names) {
        assert.ok(KNOWN_METRICS.has(name) || recorded.has(name), name);
        assert.ok(!NEVER_WRITTEN.some((one) => name.startsWith(one)), name);
      }
      for (const name of growthsIn(expr))
        assert.match(KNOWN_METRICS.get(name) ?? '', /^(?:counter|untyped)$/, name);
    });
  }
});

test('metric names are found in an expression, and nothing else', () => {
  const expression =
    'sum by (a_label) (rate(x_total{b="y_total{}"}[5m] offset 1h)) / on (c) group_left (d) z:w > 1e9 and absent(up)';
  assert.deepEqual(namesIn(expression), ['x_total', 'z:w', 'up']);
  assert.deepEqual(growthsIn(expression), ['x_total']);
});
