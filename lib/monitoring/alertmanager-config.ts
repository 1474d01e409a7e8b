import type { Deployment } from '../deployment.ts';
import type { AlertReceiver } from '../profile/monitoring-schema.ts';
import type { SecretName } from '../profile/schema.ts';

/** Where the container finds what it must not have in its configuration. */
const SECRETS = '/etc/alertmanager/secrets';

/** The secret of each way to tell people, which only the operator has. */
export const RECEIVER_SECRETS: Record<AlertReceiver, SecretName> = {
  webhook: 'alert_webhook_url',
  slack: 'alert_slack_url',
  pagerduty: 'alert_pagerduty_key',
};

/** The name of the alert with which validation tests, on request, whether people are told. */
export const TEST_ALERT = 'PocketTestOfTheAlertPath';

/** The label by which one test is told from another. */
export const TEST_LABEL = 'test';

/** The file, below the secrets of the Alertmanager, that holds the secret of a receiver. */
export function receiverFile(receiver: AlertReceiver): string {
  return RECEIVER_SECRETS[receiver].replaceAll('_', '-');
}

/**
 * The configuration of the Alertmanager: every alert goes to every receiver of the profile.
 * Source: alertmanager, docs/configuration.md, v0.28.
 */
export function alertmanagerConfig({ profile }: Deployment): object {
  const { alerts } = profile.monitoring;
  const title = '{{ .CommonLabels.alertname }} ({{ .CommonLabels.deployment }})';
  const text =
    '{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.action }}\n{{ end }}';
  const file = (receiver: AlertReceiver) => `${SECRETS}/${receiverFile(receiver)}`;
  const ways: Record<AlertReceiver, object> = {
    webhook: { webhook_configs: [{ url_file: file('webhook') }] },
    slack: {
      slack_configs: [{ api_url_file: file('slack'), send_resolved: true, title, text }],
    },
    pagerduty: {
      pagerduty_configs: [
        {
          routing_key_file: file('pagerduty'),
          description: title,
          severity: '{{ if eq .CommonLabels.severity "page" }}critical{{ else }}warning{{ end }}',
        },
      ],
    },
  };
  return {
    route: {
      receiver: 'people',
      group_by: ['alertname', 'deployment'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: '4h',
      // Somebody waits for the test; it is told at once, and so is its end. A group that was told of waits for its interval.
      routes: [
        {
          receiver: 'people',
          matchers: [`alertname="${TEST_ALERT}"`],
          group_by: ['alertname', 'deployment', TEST_LABEL],
          group_wait: '0s',
          group_interval: '1m',
        },
      ],
    },
    receivers: [{ name: 'people', ...Object.assign({}, ...alerts.map((one) => ways[one])) }],
  };
}
