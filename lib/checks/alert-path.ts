import { RECEIVER_SECRETS, TEST_ALERT, TEST_LABEL } from '../monitoring/alertmanager-config.ts';
import { curlConfig } from '../probes/http.ts';
import type { AlertReceiver } from '../profile/monitoring-schema.ts';
import { sh } from '../shell.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { logs } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

const ALERTMANAGER = 'http://alertmanager:9093';
/** How long a receiver may take; the route of the test waits for no others of its group. */
const PATIENCE_SECONDS = 12;
/** How long the test goes on for the Alertmanager: it tells of none that is over. */
const LASTS_SECONDS = 45;

/**
 * Whether people are told, by an alert that is over in a minute: the Alertmanager takes it, and each receiver accepts
 * what it is sent. Sources: alertmanager, api/v2/openapi.yaml and notify/notify.go (metrics), v0.28.
 */
export function alertPathChecks(context: CheckContext): Check[] {
  const { deployment, host, alert = false } = context;
  const { alerts } = deployment.profile.monitoring;
  if (!alert || alerts.length === 0 || !isIn(context, 'monitoring_hosts')) return [];
  const body = JSON.stringify([
    {
      labels: {
        ...{ alertname: TEST_ALERT, severity: 'warn', deployment: deployment.name },
        [TEST_LABEL]: '@NOW',
      },
      annotations: {
        summary: 'A test: scripts/validate.mjs --alert asks whether this is read.',
        action: 'Nothing is wrong, and nothing is to be done.',
      },
      endsAt: '@END',
    },
  ]);
  const post = curlConfig({
    url: `${ALERTMANAGER}/api/v2/alerts`,
    headers: { 'content-type': 'application/json' },
    body,
  });
  return [
    {
      id: 'monitoring.alert-path',
      group: 'monitoring',
      severity: 'warning',
      title: 'A test alert arrives at every receiver',
      host,
      probe: sh`
        id=$(container monitoring alertmanager)
        address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}' "$id" | head -n 1)
        asked() { http "$@" --connect-to "alertmanager:9093:$address:9093" --fail; }
        counts() {
          asked ${curlConfig({ url: `${ALERTMANAGER}/metrics` })} | grep '^alertmanager_notification_requests' | sort
        }
        sent() { comm -13 "$scratch.before" "$scratch.after" | grep -c '_requests_total' || :; }
        counts >"$scratch.before"
        post=${post}
        post=\${post/@END/$(date -u -d '+${LASTS_SECONDS} seconds' +%FT%TZ)}
        asked "\${post/@NOW/$EPOCHREALTIME}"
        for ((second = 0; second < ${PATIENCE_SECONDS}; second++)); do
          sleep 1
          counts >"$scratch.after"
          (($(sent) < ${alerts.length})) || break
        done
        cat "$scratch.before"
        echo after
        counts`,
      timeoutSeconds: PATIENCE_SECONDS + 12,
      fix: `${alerts.map((receiver) => `secrets.${RECEIVER_SECRETS[receiver]}`).join(', ')} in the profile; why: ${logs(deployment, host, 'alertmanager')}`,
      judge: (result) =>
        result.status === 0
          ? alertPathVerdict(result.output, alerts)
          : fail(`the Alertmanager did not take it: ${lastWords(result)}`),
    },
  ];
}

/** Judges the counts of requests to receivers before and after, each receiver by itself. */
export function alertPathVerdict(output: string, receivers: readonly AlertReceiver[]): Verdict {
  const [before = '', after = ''] = output.split('\nafter\n');
  const grown = (name: string, receiver: string) =>
    countIn(after, name, receiver) - countIn(before, name, receiver);
  const troubles = receivers.flatMap((receiver) => {
    const sent = grown('alertmanager_notification_requests_total', receiver);
    const failed = grown('alertmanager_notification_requests_failed_total', receiver);
    if (sent === 0) return [`${receiver} accepted nothing within ${PATIENCE_SECONDS} s`];
    return failed > 0 ? [`${receiver} refused ${failed} of ${sent} requests`] : [];
  });
  return troubles.length > 0
    ? fail(troubles.join('; '))
    : pass(`accepted by ${receivers.join(', ')}`);
}

/** The sum of a counter over its other labels. */
function countIn(metrics: string, name: string, receiver: string): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(`integration="${receiver}"`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
