import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Log, reason } from '../shared/log.ts';
import type { Datasource, Provider } from './provisioning.ts';

const target = z.looseObject({ refId: z.string().min(1), expr: z.string().min(1) });
const panel = z.looseObject({
  id: z.int(),
  type: z.enum(['row', 'stat', 'timeseries', 'table', 'gauge', 'bargauge', 'text', 'heatmap']),
  title: z.string(),
  gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  datasource: z.strictObject({ type: z.string(), uid: z.string() }).optional(),
  targets: z.array(target).optional(),
});
const dashboard = z.looseObject({
  uid: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/),
  title: z.string().min(1),
  tags: z.array(z.string()),
  schemaVersion: z.int(),
  panels: z.array(panel).min(1),
});

/** A dashboard that can be shown, and the folder it is in. */
export interface Dashboard extends z.output<typeof dashboard> {
  folder: string;
}

/** The dashboards of all providers; one that cannot be shown is logged and left out, as is a uid that is there already. */
export function readDashboards(
  providers: readonly Provider[],
  datasources: readonly Datasource[],
  log: Log,
): Map<string, Dashboard> {
  const found = new Map<string, Dashboard>();
  for (const { options, folder = '' } of providers) {
    for (const name of readdirSync(options.path).filter((one) => one.endsWith('.json'))) {
      try {
        const text = readFileSync(join(options.path, name), 'utf8');
        const read = readDashboard(text, datasources);
        if (found.has(read.uid)) throw new Error(`the uid ${read.uid} is used twice`);
        found.set(read.uid, { ...read, folder });
      } catch (error) {
        log.error('failed to load dashboard', { file: name, error: reason(error) });
      }
    }
  }
  return found;
}

/** Throws for a dashboard that Grafana refuses, and for one that would show nothing. */
export function readDashboard(
  text: string,
  datasources: readonly Datasource[],
): z.output<typeof dashboard> {
  const result = dashboard.safeParse(JSON.parse(text));
  if (!result.success) throw new Error(z.prettifyError(result.error).replaceAll(/\s+/g, ' '));
  for (const { type, title, targets = [], datasource } of result.data.panels) {
    if (type === 'row' || type === 'text') continue;
    if (targets.length === 0) throw new Error(`the panel "${title}" asks nothing`);
    if (!datasources.some(({ uid }) => uid === datasource?.uid)) {
      throw new Error(
        `the panel "${title}" asks the data source ${datasource?.uid}, which is not there`,
      );
    }
  }
  return result.data;
}
