import { readFileSync } from 'node:fs';
import { publicKey } from '../secrets/secrets.ts';
import type { Finding, RunningImage, VerdictName } from '../validation/check.ts';
import { type Answer, answerOf } from '../validation/findings.ts';
import type { ReportInput } from './input.ts';
import { moment } from './markdown.ts';
import { relayUrls } from './relay-urls.ts';

/** Where a deployment is found from outside, by the key of the profile. */
export const DOMAINS = [
  'relay_public_domain',
  'provider_domain',
  'provider_public_api_domain',
  'middleman_domain',
  'grafana_domain',
] as const;

/** What is remembered of a report, so that the next one can tell what has changed since. */
export interface Remembered {
  /** When it was written: ISO 8601. */
  written: string;
  /** Whether the deployment was ready when last it was validated; absent where it never was. */
  answer?: Answer;
  /** Since when it has been so, as far as reports tell. */
  since?: string;
  /** The verdicts of the last validation by `host check`. */
  verdicts: Record<string, VerdictName>;
  images: Record<string, string>;
  /** What the containers of each host ran when last somebody looked; absent where nobody ever did. */
  running?: { seen: string; hosts: Record<string, readonly RunningImage[]> };
  /** What runs on each host. */
  roles: Record<string, string[]>;
  /** What others know the deployment by, in words; absent in what older versions remembered. */
  known?: Record<string, string>;
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
  const written = moment(now);
  const running = findings ? { seen: written, hosts: runningOn(findings) } : previous?.running;
  const answer = findings ? answerOf(findings) : previous?.answer;
  const since = (previous?.answer === answer && previous?.since) || written;
  return {
    written,
    ...(answer && { answer, since }),
    verdicts: findings
      ? Object.fromEntries(findings.map(({ host, id, verdict }) => [`${host} ${id}`, verdict]))
      : (previous?.verdicts ?? {}),
    images: { ...deployment.images },
    ...(running && { running }),
    roles: Object.fromEntries(deployment.hosts.map(({ name, roles }) => [name, [...roles]])),
    known: knownBy(input),
  };
}

/** Names, URLs and identities that are staked, registered or typed in elsewhere, where a change has to be told too. */
function knownBy({ deployment, secrets }: ReportInput): Record<string, string> {
  const { profile } = deployment;
  const identity = (name: 'app_identity' | 'middleman_app_identity') =>
    publicKey(secrets.get(name).reveal());
  return Object.fromEntries([
    ...DOMAINS.flatMap((key) => {
      const domain = profile[key];
      return domain === undefined ? [] : [[key, domain]];
    }),
    ...Object.entries(profile.relayminer?.services ?? {}).map(([id, { backends }]) => [
      `service ${id}`,
      Object.keys(backends).join(', '),
    ]),
    ...relayUrls(deployment).map(({ serviceId, transport, url }) => [
      `relay URL of ${serviceId}, ${transport}`,
      url,
    ]),
    ...(deployment.group('provider_hosts').length > 0
      ? [['App Identity of the Provider', identity('app_identity')]]
      : []),
    ...(deployment.group('middleman_hosts').length > 0
      ? [['App Identity of the Middleman', identity('middleman_app_identity')]]
      : []),
  ]);
}

function runningOn(findings: readonly Finding[]): Record<string, readonly RunningImage[]> {
  const byHost = Map.groupBy(findings, ({ host }) => host);
  return Object.fromEntries(
    [...byHost].map(([host, mine]) => [host, mine.flatMap(({ runs = [] }) => runs)]),
  );
}

/** What is different from the last report, one line each. */
export function changes(input: ReportInput): string[] {
  const { deployment, findings, previous } = input;
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
  lines.push(...changesOfKnown(knownBy(input), previous.known));
  for (const { host, id, verdict } of findings ?? []) {
    const before = previous.verdicts[`${host} ${id}`];
    if (before !== undefined && before !== verdict) {
      lines.push(`${id} on ${host}: ${verdict}; before: ${before}`);
    }
  }
  return lines;
}

function changesOfKnown(
  now: Record<string, string>,
  before: Record<string, string> | undefined,
): string[] {
  if (!before) return [];
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].flatMap((what) => {
    if (now[what] === before[what]) return [];
    if (before[what] === undefined) return [`new ${what}: ${now[what]}`];
    if (now[what] === undefined) return [`${what} is gone; before: ${before[what]}`];
    return [`${what}: ${now[what]}; before: ${before[what]}`];
  });
}
