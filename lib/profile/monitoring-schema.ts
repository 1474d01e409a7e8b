import { z } from 'zod';
import { count } from './fields.ts';

/** Prometheus, Grafana and the exporters. */
export const monitoring = z.strictObject({
  retention_days: count(1, 3650)
    .default(30)
    .describe('How long Prometheus keeps what it has measured, in days.'),
});
