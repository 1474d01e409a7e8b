import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertPathChecks, alertPathVerdict } from '../../../lib/checks/alert-path.ts';
import { labContext } from './deployment.ts';

const METRICS = (sent: number, failed: number) =>
  ['webhook', 'slack']
    .map(
      (name) =>
        `alertmanager_notification_requests_failed_total{integration="${name}"} ${name === 'slack' ? failed : 0}\nalertmanager_notification_requests_total{integration="${name}"} ${sent}`,
    )
    .join('\n');

test('a test alert is accepted by every receiver, or told by whom not', () => {
  const judged = (before: string, after: string) => {
    const { verdict, evidence } = alertPathVerdict(`${before}\nafter\n${after}\n`, [
      'webhook',
      'slack',
    ]);
    return `${verdict} ${evidence}`;
  };
  assert.equal(judged(METRICS(3, 2), METRICS(4, 2)), 'pass accepted by webhook, slack');
  assert.equal(judged(METRICS(0, 0), METRICS(2, 2)), 'fail slack refused 2 of 2 requests');
  assert.equal(
    judged(METRICS(1, 0), METRICS(1, 0)),
    'fail webhook accepted nothing within 12 s; slack accepted nothing within 12 s',
  );
  assert.match(judged('', ''), /^fail/);
});

test('nothing is sent unless it is asked for', () => {
  const context = labContext({
    profile:
      'monitoring: {alerts: [webhook]}\nsecrets: {alert_webhook_url: "cmd:echo https://hooks.example.net/1"}',
  });
  assert.deepEqual(alertPathChecks(context), []);
  const [check] = alertPathChecks({ ...context, alert: true });
  assert.match(check!.probe.text, /\/api\/v2\/alerts/);
  assert.doesNotMatch(check!.probe.text, /hooks\.example\.net/);
});
