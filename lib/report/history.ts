import { readFileSync } from 'node:fs';
import type { Finding, RunningImage, VerdictName } from '../validation/check.ts';
import { type Answer, answerOf } from '../validation/findings.ts';
import type { ReportInput } from './input.ts';
import { moment } from './markdown.ts';

/** What is remembered of a report, so that the next one can tell what has changed since. */
export interface Remembered {
  /** When it was written: ISO 8601. */
  written: string;
  /** Whether the deployment was ready; absent where it was not validated. */
  answer?: Answer;
  /** Since when it has been so, as far as reports tell. */
  since?: string;
  /** The verdicts by `host check`; none where it was not validated. */
  verdicts: Record<string, VerdictName>;
  images: Record<string, string>;
  /** What the containers of each host ran when last somebody looked; absent where nobody ever did. */
  running?: { seen: string; hosts: Record<string, readonly RunningImage[]> };
  /** What runs on each host. */
  roles: Record<string, string[]>;
}

/** What the last report remembered; nothing where there is none, or none that can be read. */
export function recall(path: string): Remembered | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Remembered;
  } catch {
    return undefined;
  }
}

/** What the next report has to know of this one. */
export function remember(input: ReportInput): Remembered {
  const { deployment, findings, previous, now } = input;
  const answer = findings && answerOf(findings);
  const written = moment(now);
  const running = findings ? { seen: written, hosts: runningOn(findings) } : previous?.running;
  const same = previous && answer !== undefined && previous.answer === answer;
  return {
    written,
    ...(answer && { answer, since: (same && previous.since) || written }),
    verdicts: Object.fromEntries(
      (findings ?? []).map(({ host, id, verdict }) => [`${host} ${id}`, verdict]),
    ),
    images: { ...deployment.images },
    ...(running && { running }),
    roles: Object.fromEntries(deployment.hosts.map(({ name, roles }) => [name, [...roles]])),
  };
}

function runningOn(findings: readonly Finding[]): Record<string, readonly RunningImage[]> {
  const byHost = Map.groupBy(findings, ({ host }) => host);
  return Object.fromEntries(
    [...byHost].map(([host, mine]) => [host, mine.flatMap(({ runs = [] }) => runs)]),
  );
}

/** What is different from the last report, one line each. */
export function changes({ deployment, findings, previous }: ReportInput): string[] {
  if (!previous) return [];
  const lines: string[] = [];
  const hosts = new Map(deployment.hosts.map(({ name, roles }) => [name, roles.join(', ')]));
  for (const [name, roles] of hosts) {
    const before = previous.roles[name]?.join(', ');
    if (before === undefined) lines.push(`new host ${name}: ${roles}`);
    else if (before !== roles) lines.push(`${name} has other roles: ${roles}; before: ${before}`);
  }
  for (const name of Object.keys(previous.roles)) {
    if (!hosts.has(name)) lines.push(`host ${name} is gone`);
  }
  for (const [name, image] of Object.entries(deployment.images)) {
    const before = previous.images[name];
    if (before !== undefined && before !== image)
      lines.push(`${name}: ${image}; before: ${before}`);
  }
  for (const { host, id, verdict } of findings ?? []) {
    const before = previous.verdicts[`${host} ${id}`];
    if (before !== undefined && before !== verdict) {
      lines.push(`${id} on ${host}: ${verdict}; before: ${before}`);
    }
  }
  return lines;
}
