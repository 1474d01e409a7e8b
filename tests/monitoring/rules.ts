import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { COMPOSE } from '../../lib/steps/stack.ts';

/** A rule of a rule file. */
export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; action: string };
}

const directory = join(COMPOSE, 'monitoring', 'rules');

/** The rule files that do not depend on the deployment. */
export const RULE_FILES: readonly string[] = readdirSync(directory)
  .toSorted()
  .map((name) => join(directory, name));

/** Every alert rule in them. */
export const ALERT_RULES: readonly AlertRule[] = RULE_FILES.flatMap((path) =>
  (parse(readFileSync(path, 'utf8')).groups as { rules: AlertRule[] }[]).flatMap(
    ({ rules }) => rules,
  ),
);
