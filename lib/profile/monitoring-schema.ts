import * as z from 'zod';
import { count, oneOf } from './fields.ts';

const receiver = oneOf(['webhook', 'slack', 'pagerduty']);

/** Prometheus, Grafana and the exporters. */
export const monitoring = z.strictObject({
  retention_days: count(1, 3650)
    .default(30)
    .describe('How long Prometheus keeps what it has measured, in days.'),
  alerts: z
    .array(receiver, { error: 'a list of webhook, slack, pagerduty' })
    .default([])
    .describe(
      'How people are told of alerts: webhook, slack, pagerduty, each with its secret (secrets.alert_…). Default: Grafana and Prometheus show them, and nobody is told.',
    ),
});

/** A way to tell people of alerts. */
export type AlertReceiver = z.output<typeof receiver>;
