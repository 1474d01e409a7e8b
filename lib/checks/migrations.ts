import type { Deployment } from '../deployment.ts';
import type { Host } from '../hosts.ts';
import { postgresClient } from '../postgres-client.ts';
import { lines, sh } from '../shell.ts';
import { containerOf } from '../stack-services.ts';
import type { Check, FleetCheck, ProbeResult, Verdict } from '../validation/check.ts';
import { onHost, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, silentIn, skip, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';
import type { Application } from './igniter.ts';
import { postgresQuery } from './postgres-query.ts';

/** One row for each file that was applied (drizzle-orm, migrator, 0.4x). */
const APPLIED = "SELECT 'applied ' || count(*) FROM drizzle.__drizzle_migrations";

/**
 * The migrations that an application's image has, told on its hosts, and those that its database has had, told where
 * PostgreSQL is: {@link migrationsTogether} compares them.
 */
export function migrationCheck(context: CheckContext, application: Application): Check[] {
  const { deployment, host } = context;
  const { name, title } = application;
  const { mode, user } = deployment.profile.postgres;
  const isApplication = isIn(context, `${name}_hosts`);
  const isDatabase = mode === 'external' ? isApplication : isIn(context, 'postgres_hosts');
  if (deployment.group(`${name}_hosts`).length === 0 || !(isApplication || isDatabase)) return [];
  const image = sh`
    id=$(container ${name} ${`${name}-web`})
    files=$(docker exec "$id" cat ${`/app/apps/${name}/drizzle/meta/_journal.json`} | grep -o '"tag"' | wc -l)
    printf 'image %s\n' "$files"`;
  const where = { database: name, statement: APPLIED };
  const applied =
    mode === 'external'
      ? sh`printf '%s\n' "$postgres_password" | ${postgresClient(deployment, host, where)}`
      : postgresQuery(user, sh`"$postgres_password"`, where);
  return [
    {
      id: migrationsId(application),
      group: name,
      severity: 'critical',
      title: `The migrations of the ${title} can be counted`,
      host,
      probe: lines(...(isApplication ? [image] : []), ...(isDatabase ? [applied] : [])),
      ...(isDatabase && { secrets: ['postgres_password'] }),
      timeoutSeconds: 30,
      fix: rerun(
        deployment,
        name,
        isApplication ? host : (deployment.group(`${name}_hosts`)[0] as Host),
      ),
      judge: (result) =>
        result.status === 0
          ? pass(result.output.trim().split('\n').join(', '))
          : fail(lastWords(result)),
    },
  ];
}

/** Whether the database has had every migration of the image. */
export function migrationsTogether(deployment: Deployment, application: Application): FleetCheck[] {
  const { name, title } = application;
  const of = deployment.group(`${name}_hosts`);
  const [first] = of;
  if (!first) return [];
  const databases =
    deployment.profile.postgres.mode === 'external' ? [] : deployment.group('postgres_hosts');
  return [
    {
      id: `${name}.ledger`,
      group: name,
      severity: 'critical',
      title: `The database of the ${title} has had every migration`,
      of: migrationsId(application),
      hosts: [...new Set([...of, ...databases])],
      // As after an older backup: nothing of the role has changed, and the migrations have to be run once more.
      fix: `${rerun(deployment, name, first)}; if that changes nothing: ${onHost(deployment, first, `docker start --attach ${containerOf(`${name}-migration`)}`)}`,
      judge: ledgerVerdict,
    },
  ];
}

/** Judges how many files the image has, and how many of them were applied. */
export function ledgerVerdict(results: ReadonlyMap<string, ProbeResult>): Verdict {
  const silent = silentIn(results);
  if (silent.length > 0) return skip(`without an answer of ${silent.join(', ')}`);
  const counts = (word: string) =>
    [...results.values()].flatMap(({ output }) =>
      [...output.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, count]) => Number(count)),
    );
  const [files, applied] = [Math.max(...counts('image')), Math.max(...counts('applied'))];
  if (!(files > 0) || !(applied >= 0)) return fail('the image has no list of migrations');
  const evidence = `${applied} of ${files}`;
  if (applied < files) return fail(evidence);
  return applied > files
    ? warn(`${evidence}: the database is newer than the image`)
    : pass(evidence);
}

function migrationsId({ name }: Application): string {
  return `${name}.migrations`;
}
