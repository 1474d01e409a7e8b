import { sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { mend, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, warn } from '../validation/verdict.ts';
import { compareVersions } from '../versions.ts';
import type { CheckContext } from './context.ts';
import { postgresQuery } from './postgres-query.ts';

const WORTH_A_LOOK_PERCENT = 80;
const FULL_PERCENT = 95;

/** What tells the version of the schema in a database of Temporal’s: temporal, schema/postgresql/v12/temporal, v1.28. */
export const SCHEMA_VERSION = 'SELECT curr_version, min_compatible_version FROM schema_version';

/** How our own PostgreSQL is doing: its connections, and the schemas that Temporal keeps there. */
export function postgresStateChecks({ deployment, host }: CheckContext): Check[] {
  const asked = (database: string, statement: string) =>
    postgresQuery(deployment.profile.postgres.user, sh`"$postgres_password"`, {
      database,
      statement,
    });
  const fix = mend(deployment, host, 'postgres');
  const temporals = deployment.group('temporal_hosts');
  const upgrade = mend(deployment, temporals, 'temporal');
  const about = { group: 'postgres', host, secrets: ['postgres_password'] } as const;
  return [
    {
      ...about,
      id: 'postgres.connections',
      severity: 'critical',
      title: 'PostgreSQL has connections left',
      probe: asked(
        'postgres',
        "SELECT count(*), current_setting('max_connections') FROM pg_stat_activity WHERE backend_type = 'client backend'",
      ),
      fix: `see who has them: SELECT usename, client_addr, state FROM pg_stat_activity; postgres.max_connections in the profile, then, which restarts it, ${rerun(deployment, 'postgres', host)}`,
      judge: connectionsVerdict,
    },
    ...['temporal', 'temporal_visibility'].map(
      (database): Check => ({
        ...about,
        id: `postgres.schema-${database.replace('_', '-')}`,
        severity: 'critical',
        title: `The schema of ${database} is one that Temporal has made`,
        probe: asked(database, SCHEMA_VERSION),
        fix,
        judge: (result) =>
          result.status === 0 ? { fix: upgrade, ...schemaVerdict(result) } : schemaVerdict(result),
      }),
    ),
  ];
}

/** Judges `used|limit`. */
export function connectionsVerdict(result: ProbeResult): Verdict {
  if (result.status !== 0) return fail(lastWords(result));
  const [used, limit] = result.output.trim().split('|').map(Number) as [number, number];
  if (!(limit > 0)) throw new Error('no number of connections');
  const evidence = `${used} of ${limit} in use`;
  const percent = (100 * used) / limit;
  const wanted = `${evidence}; wanted: below ${WORTH_A_LOOK_PERCENT} %`;
  if (percent >= FULL_PERCENT) return fail(wanted);
  return percent >= WORTH_A_LOOK_PERCENT ? warn(wanted) : pass(evidence);
}

/** Judges `current|oldest that is compatible`. */
export function schemaVerdict(result: ProbeResult): Verdict {
  if (result.status !== 0) return fail(lastWords(result));
  const [current = '', least = ''] = result.output.trim().split('|');
  if (current === '') return fail('it has none');
  return compareVersions(current, least) >= 0
    ? pass(`version ${current}`)
    : fail(`version ${current}; the oldest compatible one is ${least}`);
}
