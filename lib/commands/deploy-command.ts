import { createInterface } from 'node:readline/promises';
import { setFlagsFromString } from 'node:v8';
import type { Deployment, Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import type { RoleName } from '../profile/roles.ts';
import { suggest } from '../profile/suggest.ts';
import type { Role } from '../role.ts';
import { printedHeader } from '../run/compile.ts';
import type { Connection } from '../run/connection.ts';
import { deploy, type Listener, type Outcome, type Part, partsOf } from '../run/deploy.ts';
import { describe, takeLock } from '../run/lock.ts';
import { scriptOf } from '../run/part-script.ts';
import { preflight } from '../run/preflight.ts';
import type { StepStatus } from '../run/run-script.ts';
import { writeSshConfig } from '../run/ssh-config.ts';
import { loadSecrets, type Secrets } from '../secrets/secrets.ts';
import { quote } from '../shell.ts';
import { interruption } from './interruption.ts';
import { jsonListener, plainListener, type Terminal } from './listeners.ts';
import { whyNowhere } from './nowhere.ts';
import type { Option } from './options.ts';
import { standing } from './standing.ts';

/** The options of everything that changes hosts. */
export const DEPLOY_OPTIONS = {
  limit: { value: 'HOST,…', help: 'work on these hosts of the profile only' },
  'dry-run': {
    help: 'change nothing; show what would change, with differences; exit 3 when something would',
  },
  print: { help: 'print the scripts instead of running them: a runbook, without secrets' },
  yes: { help: 'do not ask before the first change' },
  wait: { help: 'wait, up to an hour, for another run that has a host' },
  json: { help: 'one JSON object a line on standard output, and nothing else there' },
  verbose: { help: 'also show what is unchanged, and what steps printed' },
  help: { help: 'this text' },
} as const satisfies Record<string, Option>;

/** What was given of {@link DEPLOY_OPTIONS}. */
export type DeployGiven = {
  limit?: string;
  'dry-run'?: true;
  print?: true;
  yes?: true;
  wait?: true;
  json?: true;
  verbose?: true;
};

/** The command that this process was started with, as it is typed. */
export function typedAgain(script: string): string {
  return [script, ...process.argv.slice(2).map(quote)].join(' ');
}

/** The hosts of a deployment that `--limit` names; all where it is absent. Throws UserError for an unknown one. */
export function limitedTo(deployment: Deployment, limit: string | undefined): Host[] {
  if (limit === undefined) return deployment.hosts;
  const names = deployment.hosts.map(({ name }) => name);
  const wanted = limit.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    const hints = unknown.map((name) => {
      const near = suggest(name, names);
      return `--limit ${name}: no such host${near ? `, did you mean ${near}?` : `; there is ${names.join(', ')}`}`;
    });
    throw new UserError(hints.join('\n'), EXIT.usage);
  }
  return deployment.hosts.filter(({ name }) => wanted.includes(name));
}

/**
 * Keeps this process as small with many steps as with few. Nearly all that a deploy makes is thrown away soon: V8 would
 * give it twice the space each time it fills, and would load its optimizing compiler for what runs a second at most. Not
 * sooner than here, since what is kept compiled (bundled-toolkit.mjs) is that of other flags.
 */
function boundMemory(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-turbofan');
}

/**
 * Deploys roles and tells about it, or prints their scripts.
 * @param options.only the role whose hosts are worked on; the hosts of any of the roles where absent
 * @param options.again the command that does the same once more, for the last line after a failure
 * @returns the exit code
 */
export async function runDeploy(options: {
  deployment: Deployment;
  roles: readonly Role[];
  given: DeployGiven;
  terminal: Terminal;
  again: string;
  only?: RoleName;
}): Promise<number> {
  const { deployment, roles, given, terminal, only } = options;
  const limited = limitedTo(deployment, given.limit);
  const hosts = limited.filter((host) => only === undefined || host.roles.includes(only));
  const parts = partsOf(deployment, roles, hosts);
  if (parts.length === 0) {
    const wanted = only === undefined ? roles.map(({ name }) => name) : [only];
    const reasons = wanted.map((role) => whyNowhere(deployment, role, limited));
    throw new UserError(reasons.join('\n'), EXIT.usage);
  }
  const deployed = parts.flatMap((part) => part.roles.map(({ name }) => name));
  const dryRun = given['dry-run'] ?? false;
  const secrets = loadSecrets(deployment, { create: true, forThisRun: dryRun, roles: deployed });
  if (given.print) {
    const having = [...new Set(parts.map((part) => part.host))];
    const [host] = having;
    if (!host || having.length > 1) {
      const names = having.map(({ name }) => name).join(', ');
      throw new UserError(
        `--print prints the script of one host: give --limit with one of ${names}`,
        EXIT.usage,
      );
    }
    // One script for all roles, so that it asks for every secret before its first step.
    const all = { host, roles: parts.flatMap((part) => part.roles) };
    terminal.out(printed(all, deployment, secrets));
    return EXIT.done;
  }
  boundMemory();
  // A value that cannot be written is refused before any host is touched.
  const scripts = new Map(parts.map((part) => [part, scriptOf(part, deployment, secrets)]));
  if (!dryRun && !given.yes) await confirm(deployment, parts);

  const began = Date.now();
  const listener = given.json ? jsonListener(terminal) : plainListener(terminal);
  const counts: Record<StepStatus, number> = { unchanged: 0, changed: 0, pending: 0, failed: 0 };
  const counting: Listener = {
    ...listener,
    step: (host, event) => {
      if (event.type !== 'started') counts[event.type] += 1;
      listener.step(host, event);
    },
    transfer: (host, progress) => {
      if (progress.pending) counts.pending += 1;
      else if (progress.sent === progress.bytes) counts.changed += 1;
      listener.transfer(host, progress);
    },
  };
  const sshConfig = writeSshConfig(deployment);
  const outcomes = await deploy({
    deployment,
    secrets,
    sshConfig,
    parts,
    scripts,
    dryRun,
    listener: counting,
    lock: (connection) => lock(connection, deployment, given, terminal),
    signal: interruption(terminal),
    preflight: (connection) => preflight(connection, { deployment, secrets, parts }),
  });
  const code = exitCode(outcomes, dryRun && counts.pending > 0);
  const summary = {
    type: 'summary',
    deployment: deployment.name,
    ...counts,
    failed: Math.max(
      counts.failed,
      count(outcomes, 'failed') +
        count(outcomes, 'undone') +
        count(outcomes, 'locked') +
        unreachableHosts(outcomes).length,
    ),
    skipped: count(outcomes, 'skipped'),
    interrupted: count(outcomes, 'interrupted'),
    duration_ms: Date.now() - began,
    exit_code: code,
  };
  listener.close();
  if (given.json) terminal.out(`${JSON.stringify(summary)}\n`);
  else terminal.err(closingLines(deployment, summary, outcomes, dryRun, options.again));
  return code;
}

type Summary = Record<
  'changed' | 'unchanged' | 'pending' | 'failed' | 'skipped' | 'interrupted' | 'duration_ms',
  number
>;

function closingLines(
  { name }: Deployment,
  summary: Summary,
  outcomes: readonly Outcome[],
  dryRun: boolean,
  again: string,
): string {
  const { changed, unchanged, pending, failed, skipped } = summary;
  const seconds = (summary.duration_ms / 1000).toFixed(1);
  const done = dryRun ? `${pending} would change` : `${changed} changed`;
  const bad = failed + skipped > 0 ? `, ${failed} failed, ${skipped} skipped` : '';
  const lines = [`${name}: ${done}, ${unchanged} unchanged${bad}, ${seconds} s`];
  if (summary.interrupted > 0) {
    lines.push('Interrupted. Nothing is locked any more. Where each host stands:');
    lines.push(...standing(outcomes), `Go on with: ${again}`);
  } else if (failed + skipped > 0) lines.push(`When it is mended, go on with: ${again}`);
  else if (!dryRun && outcomes.length > 0 && changed === 0)
    lines.push('Everything was already so.');
  return `${lines.join('\n')}\n`;
}

function exitCode(outcomes: readonly Outcome[], pending: boolean): number {
  if (count(outcomes, 'interrupted') > 0) return EXIT.interrupted;
  if (count(outcomes, 'undone') > 0) return EXIT.undone;
  if (count(outcomes, 'failed') > 0) return EXIT.failed;
  if (count(outcomes, 'unreachable') > 0) return EXIT.unreachable;
  if (count(outcomes, 'locked') > 0) return EXIT.locked;
  if (count(outcomes, 'skipped') > 0) return EXIT.failed;
  return pending ? EXIT.changesPending : EXIT.done;
}

function count(outcomes: readonly Outcome[], status: Outcome['status']): number {
  return outcomes.filter((outcome) => outcome.status === status).length;
}

function unreachableHosts(outcomes: readonly Outcome[]): string[] {
  const unreachable = outcomes.filter(({ status }) => status === 'unreachable');
  return [...new Set(unreachable.map(({ host }) => host))];
}

function printed(part: Part, deployment: Deployment, secrets: Secrets): string {
  const text = scriptOf(part, deployment, secrets).text();
  const [shebang, title, ...rest] = text.split('\n');
  const header = printedHeader(text, secrets.named(), `${deployment.directory}/secrets.yaml`);
  return [shebang, title, header + rest.join('\n')].join('\n');
}

const LONGEST_WAIT_SECONDS = 3600;

/** Takes a host's lock; a dry run changes nothing and needs none. */
async function lock(
  connection: Connection,
  deployment: Deployment,
  given: DeployGiven,
  terminal: Terminal,
): Promise<void> {
  if (given['dry-run']) return;
  const { name } = connection.host;
  await takeLock(connection, {
    deployment: deployment.name,
    onGone: () =>
      terminal.err(`${name}: a run that is gone left a step going; waiting for its end\n`),
    waitSeconds: given.wait ? LONGEST_WAIT_SECONDS : 0,
    onHeld: (holder) => {
      if (given.wait) terminal.err(`${name}: waiting for ${describe(holder)}\n`);
    },
    onLost: (holder, seconds) =>
      terminal.err(
        `${name}: taking the lock over from ${describe(holder)}, who has not been heard of for ${seconds} s\n`,
      ),
  });
}

/** Asks before the first change, on a terminal; a script or a CI job is not asked. */
async function confirm(deployment: Deployment, parts: readonly Part[]): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return;
  const hosts = [...new Set(parts.map(({ host }) => host.name))];
  const roles = [...new Set(parts.flatMap((part) => part.roles.map(({ name }) => name)))];
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const question = `${deployment.name}: ${roles.join(', ')} on ${hosts.join(', ')}. Go ahead? [y/N] (--yes answers this) `;
  const answer = await terminal.question(question).catch(() => {
    throw new UserError('\nNothing was changed.', EXIT.interrupted);
  });
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new UserError('Nothing was changed.', EXIT.interrupted);
}
