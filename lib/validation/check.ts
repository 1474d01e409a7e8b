import type { Host } from '../hosts.ts';
import type { Shell } from '../shell.ts';
import { lastWords } from './verdict.ts';

/** The groups of checks, in the order in which a person reads them; `--only` takes them. */
export const CHECK_GROUPS = [
  'host',
  'docker',
  'redis',
  'postgres',
  'temporal',
  'provider',
  'middleman',
  'relayminer',
  'backends',
  'chain',
  'registry',
  'public',
  'exposure',
  'secrets',
  'monitoring',
  'wallet',
  'relay',
] as const;
/** One of them. */
export type CheckGroup = (typeof CHECK_GROUPS)[number];

/**
 * What is at stake where a check does not pass, in two words as for alerts: `critical` is relays, rewards, data, or what
 * must stay private; with `warning` all of that works, yet somebody must look.
 */
export type Severity = 'critical' | 'warning';

/** What can be said about one thing; `skip` is what could not be told, and is never as good as `pass`. */
export type VerdictName = 'pass' | 'warn' | 'fail' | 'skip';

/** The image that a container really runs, whatever its name has been moved to since. */
export interface RunningImage {
  /** The name that it was started by. */
  reference: string;
  /** Its id on its host. */
  id: string;
  /** What its registry knows it by; absent where it came from none, as from a bundle. */
  digest?: string;
}

/** The judgement of an answer, with what was seen and what was wanted. */
export interface Verdict {
  verdict: VerdictName;
  evidence: string;
  /** Where it was asked about containers: what they run. */
  runs?: readonly RunningImage[];
  /** Instead of the check's own, where the answer tells more precisely what to do. */
  fix?: string;
}

/** What a probe answered. */
export interface ProbeResult {
  /** Whether it could be asked at all: its tools were there, and it ended within its time. */
  ran: boolean;
  /** Its exit status. */
  status: number;
  /** Its standard output, at most 64 KiB. */
  output: string;
  /** Its standard error, at most 2 KiB; where it did not run, why. */
  errors: string;
  milliseconds: number;
}

/** One question to one host. */
export interface Check {
  /** `group.thing`, unique on its host. */
  id: string;
  group: CheckGroup;
  severity: Severity;
  /** What is so when the check passes. */
  title: string;
  host: Host;
  /** Asks and changes nothing. `$scratch` begins the paths at which it may write; checks with equal probes share one run. */
  probe: Shell;
  /** Secrets that the probe finds in shell variables of the same names. */
  secrets?: readonly string[];
  /** Seconds after which the probe is ended and could not be asked; 20 where absent. */
  timeoutSeconds?: number;
  /** What to type, or which line of the profile to change, when it does not pass. */
  fix: string;
  /** Judges an answer; not called when the probe could not run. */
  judge(result: ProbeResult): Verdict;
}

/** A question that only the answers of several hosts together can settle. */
export interface FleetCheck extends Pick<Check, 'id' | 'group' | 'severity' | 'title' | 'fix'> {
  /** The id of the checks whose answers it judges. */
  of: string;
  /** The hosts that must have answered; without one of them the check is skipped. */
  hosts: readonly Host[];
  /** The ids of checks whose answers it is told besides, of whichever hosts have them; they need not have answered. */
  besides?: readonly string[];
  judge(results: ReadonlyMap<string, ProbeResult>, besides: readonly ProbeResult[]): Verdict;
}

/** A question about a host that this machine answers itself, such as what is seen of the host from outside. */
export interface OwnCheck
  extends Pick<Check, 'id' | 'group' | 'severity' | 'title' | 'host' | 'fix'> {
  /** Asks and changes nothing; within its own time. */
  ask(): Promise<Verdict>;
}

/** The same about the deployment as a whole, told with what several hosts settle together. */
export type DeploymentCheck = Omit<OwnCheck, 'host'>;

/** What is found of a host before any check: a failure of it is all that is known of that host. */
export const REACHABLE = {
  id: 'host.reachable',
  group: 'host',
  severity: 'critical',
  title: 'The host can be logged in to',
} as const;

/** What was found out, for people and for `--json`. */
export interface Finding extends Verdict {
  id: string;
  /** A host's name, or `fleet`. */
  host: string;
  group: CheckGroup;
  severity: Severity;
  title: string;
  /** What to do; empty when it passed. */
  fix: string;
  duration_ms: number;
}

/** The finding of a check from its probe's answer: what could not be asked has failed, whatever its judge would say. */
export function findingOf(check: Check, result: ProbeResult): Finding {
  const verdict: Verdict = result.ran
    ? judged(() => check.judge(result))
    : { verdict: 'fail', evidence: `could not be asked: ${lastWords(result)}` };
  return finding(check, check.host.name, verdict, result.milliseconds);
}

/**
 * The finding of a fleet check; skipped, with the reason, unless each of its hosts answered. It takes as long as the
 * longest of the answers, which are asked for side by side.
 */
export function fleetFindingOf(
  check: FleetCheck,
  results: ReadonlyMap<string, ProbeResult>,
  besides: readonly ProbeResult[] = [],
): Finding {
  const silent = check.hosts.filter(({ name }) => !results.get(name)?.ran).map(({ name }) => name);
  const verdict: Verdict =
    silent.length > 0
      ? { verdict: 'skip', evidence: `could not be told without an answer of ${silent.join(', ')}` }
      : judged(() => check.judge(results, besides));
  const longest = Math.max(
    0,
    ...[...results.values(), ...besides].map(({ milliseconds }) => milliseconds),
  );
  return finding(check, 'fleet', verdict, longest);
}

/** A finding that follows from no probe, such as a host that cannot be reached. */
export function finding(
  about: Pick<Check, 'id' | 'group' | 'severity' | 'title' | 'fix'>,
  host: string,
  verdict: Verdict,
  milliseconds: number,
): Finding {
  return {
    id: about.id,
    host,
    group: about.group,
    severity: about.severity,
    title: about.title,
    verdict: verdict.verdict,
    evidence: verdict.evidence,
    fix: verdict.verdict === 'pass' ? '' : (verdict.fix ?? about.fix),
    ...(verdict.runs && { runs: verdict.runs }),
    duration_ms: milliseconds,
  };
}

/** An answer that its judge cannot read is a failure of what was asked, not of the run. */
function judged(judge: () => Verdict): Verdict {
  try {
    return judge();
  } catch (error) {
    return {
      verdict: 'fail',
      evidence: `an answer that makes no sense: ${(error as Error).message}`,
    };
  }
}
