import { bare } from '../bare.ts';
import { checksOf, deploymentChecksOf, fleetChecksOf, ownChecksOf } from '../checks/all.ts';
import { relayChecks, relayProver } from '../checks/relay.ts';
import type { Deployment } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import type { Host } from '../hosts.ts';
import { suggest } from '../profile/suggest.ts';
import type { Connection } from '../run/connection.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { ask } from './ask.ts';
import {
  CHECK_GROUPS,
  type Check,
  type DeploymentCheck,
  type Finding,
  type FleetCheck,
  finding,
  findingOf,
  fleetFindingOf,
  type OwnCheck,
  type ProbeResult,
  REACHABLE,
} from './check.ts';
import { type Answer, answerOf, type Counts, countOf, type FailOn } from './findings.ts';
import { onHost } from './fixes.ts';
import { excerpt, fail } from './verdict.ts';

/** What to validate, and who is told. */
export interface ValidateOptions {
  deployment: Deployment;
  secrets: Secrets;
  /** The hosts to ask; all of the deployment's where absent. */
  hosts?: readonly Host[];
  /** Groups or ids of checks; everything where absent. */
  only?: readonly string[];
  /** `fail` where absent. */
  failOn?: FailOn;
  /** Sends a test alert to whoever is told of alerts, and sees whether it is accepted. */
  alert?: boolean;
  /** Also proves relays with simulated ones. */
  relay?: boolean;
  open(host: Host): Promise<Pick<Connection, 'run' | 'close'>>;
  /** Told as findings come. */
  onFinding?(finding: Finding): void;
  /** Told once a host has been asked everything, with its findings in reading order; `fleet` comes last. */
  onHost?(host: string, findings: Finding[]): void;
}

/** What came of it. */
export interface Validation {
  /** Host by host, in reading order; those that several hosts settle together come last. */
  findings: Finding[];
  counts: Counts;
  milliseconds: number;
  answer: Answer;
  /** 0 ready; 1 not ready; 2 could not tell. */
  exitCode: number;
}

const EXIT_CODES = {
  ready: EXIT.done,
  'not ready': EXIT.failed,
  'could not tell': EXIT.usage,
} as const satisfies Record<Answer, number>;

/** Plans a validation and asks at once. */
export async function validate(options: ValidateOptions): Promise<Validation> {
  return planValidation(options)();
}

/**
 * Judges what is to be asked, before any host is. What it returns asks every host everything about it, all hosts side by
 * side, and changes nothing; it can be called again. Findings never contain a secret.
 * @throws UserError with exit code 2 when `only` names nothing that these hosts have, or when relays cannot be proved.
 */
export function planValidation(options: ValidateOptions): () => Promise<Validation> {
  const { deployment, secrets, hosts = deployment.hosts, only } = options;
  const prover = options.relay ? relayProver(deployment, hosts) : undefined;
  const byHost = hosts.map((host) => {
    const context = { deployment, host, secrets, alert: options.alert ?? false };
    const proof = host.name === prover?.name ? relayChecks(context) : [];
    return { host, checks: [...checksOf(context), ...proof], own: ownChecksOf(context) };
  });
  const fleet = fleetChecksOf(deployment, secrets);
  const whole = deploymentChecksOf({ deployment, secrets });
  const all = byHost.flatMap(({ checks, own }) => [...checks, ...own]);
  const wanted = selector(only, [...all, ...fleet, ...whole, REACHABLE]);
  const plan = { hosts: byHost, fleet: fleet.filter(wanted), whole: whole.filter(wanted), wanted };
  return () => askAll(options, plan);
}

/** What is asked: of the checks of each host, those that are wanted, or that a fleet check needs. */
interface Plan {
  hosts: { host: Host; checks: Check[]; own: OwnCheck[] }[];
  fleet: FleetCheck[];
  whole: DeploymentCheck[];
  wanted(check: Named): boolean;
}

async function askAll(options: ValidateOptions, plan: Plan): Promise<Validation> {
  const { secrets } = options;
  const { fleet, whole, wanted } = plan;
  const began = performance.now();
  const answers = new Map<string, Map<string, ProbeResult>>();

  const tell = (raw: Finding): Finding => {
    const told = { ...raw, evidence: clean(raw.evidence, secrets), fix: clean(raw.fix, secrets) };
    options.onFinding?.(told);
    return told;
  };
  const asking = whole.map((check) => ownFinding(check, 'fleet'));
  const byHost = await Promise.all(
    plan.hosts.map(async ({ host, checks, own }) => {
      const asked = checks.filter((check) => wanted(check) || isNeeded(check, fleet));
      const order = [REACHABLE, ...asked, ...own].map(({ id }) => id);
      const mine: Finding[] = [];
      const onAnswer = (check: Check, result: ProbeResult) => {
        const others = answers.get(check.id) ?? new Map<string, ProbeResult>();
        answers.set(check.id, others.set(host.name, result));
        if (wanted(check)) mine.push(tell(findingOf(check, result)));
      };
      const asking = own.filter(wanted).map((check) => ownFinding(check, host.name));
      const reachable = await askHost(options, host, asked, onAnswer);
      const answered = await Promise.all(asking);
      // A host that cannot be reached is one failure: whether it answers others is not what keeps it from working.
      if (reachable.verdict === 'pass') mine.push(...answered.map(tell));
      if (reachable.verdict === 'fail' || wanted(REACHABLE)) mine.push(tell(reachable));
      mine.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
      options.onHost?.(host.name, mine);
      return mine;
    }),
  );
  const together = [
    ...fleet.map((check) => {
      const besides = (check.besides ?? []).flatMap((id) => [...(answers.get(id)?.values() ?? [])]);
      return fleetFindingOf(check, answers.get(check.of) ?? new Map(), besides);
    }),
    ...(await Promise.all(asking)),
  ].map(tell);
  if (together.length > 0) options.onHost?.('fleet', together);

  const findings = [...byHost.flat(), ...together];
  const counts = countOf(findings);
  const milliseconds = Math.round(performance.now() - began);
  const answer = answerOf(findings, options.failOn);
  return { findings, counts, milliseconds, answer, exitCode: EXIT_CODES[answer] };
}

/** Asks one host, and returns whether it could be reached. Every check gets exactly one answer, or none if not. */
async function askHost(
  { deployment, secrets, open }: ValidateOptions,
  host: Host,
  checks: readonly Check[],
  onAnswer: (check: Check, result: ProbeResult) => void,
): Promise<Finding> {
  const began = performance.now();
  const about = { ...REACHABLE, fix: onHost(deployment, host, 'true') };
  const since = () => Math.round(performance.now() - began);
  let connection: Pick<Connection, 'run' | 'close'>;
  try {
    connection = await open(host);
  } catch (error) {
    // What to do stands below what ssh said, indented.
    const [evidence = '', ...advice] = (error as Error).message.split('\n  ');
    const fix = advice.map((line) => line.trim()).join(' ') || about.fix;
    return finding(about, host.name, { verdict: 'fail', evidence, fix }, since());
  }
  const connected = since();
  const title = `Checks of ${host.name}: asks, and changes nothing`;
  try {
    await ask(connection, title, checks, secrets, onAnswer);
  } finally {
    await connection.close();
  }
  return finding(about, host.name, { verdict: 'pass', evidence: 'logged in' }, connected);
}

async function ownFinding(check: OwnCheck | DeploymentCheck, host: string): Promise<Finding> {
  const began = performance.now();
  const verdict = await check
    .ask()
    .catch((error: Error) => fail(`could not be asked: ${excerpt(error.message)}`));
  return finding(check, host, verdict, Math.round(performance.now() - began));
}

type Named = Pick<Check, 'id' | 'group'>;

/**
 * Whether a check is asked for. A group that these hosts have nothing of is no mistake beside others.
 * Throws for words that are neither a group nor an id, and where no word is of these hosts.
 */
function selector(
  only: readonly string[] | undefined,
  all: readonly Named[],
): (check: Named) => boolean {
  if (only === undefined) return () => true;
  const has = (word: string) => all.some(({ id, group }) => id === word || group === word);
  const missing = only.filter((word) => !has(word));
  const mistakes = missing.flatMap((word) => {
    const [group = ''] = word.split('.');
    const known = (CHECK_GROUPS as readonly string[]).includes(group);
    if (known && !has(group)) return [];
    const near = suggest(word, [...CHECK_GROUPS, ...new Set(all.map(({ id }) => id))]);
    const why = known ? 'these hosts have no such check' : 'no such group or check';
    const there = known ? '' : `; there is ${CHECK_GROUPS.join(', ')}`;
    return [`--only ${word}: ${why}${near ? `, did you mean ${near}?` : there}`];
  });
  if (mistakes.length > 0) throw new UserError(mistakes.join('\n'), EXIT.usage);
  if (missing.length === only.length) {
    const words = only.join(',');
    throw new UserError(`--only ${words}: these hosts have nothing of that`, EXIT.usage);
  }
  return ({ id, group }) => only.includes(id) || only.includes(group);
}

function isNeeded(check: Check, fleet: readonly FleetCheck[]): boolean {
  return fleet.some(({ of, besides = [] }) => of === check.id || besides.includes(check.id));
}

const LONGEST_EVIDENCE = 2000;

/** Evidence may hold what a host said: no secrets, and nothing that steers a terminal. */
function clean(evidence: string, secrets: Secrets): string {
  return bare(secrets.mask(evidence)).replace(/\s+/g, ' ').trim().slice(0, LONGEST_EVIDENCE);
}
