import type { Deployment, Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { HOST_ROLES, ROLE_NEEDS, type RoleName } from '../profile/roles.ts';
import type { Role } from '../role.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Connection } from './connection.ts';
import { withHint } from './failure-text.ts';
import { hintFor } from './hints.ts';
import { openHosts } from './open-hosts.ts';
import { type PartOptions, PartRun } from './part-run.ts';
import type { PartScript } from './part-script.ts';
import { isAlreadySo } from './question.ts';
import { roll } from './rolling.ts';
import type { StepEvent } from './run-script.ts';
import { type Seat, Turns } from './turns.ts';
import { Visits } from './visits.ts';

/** The roles of one stage that one host has: what one script brings about. */
export interface Part {
  host: Host;
  roles: Role[];
}

/** How roles of one part of a deploy ended. */
export interface Outcome {
  host: string;
  roles: RoleName[];
  status: 'done' | 'failed' | 'undone' | 'unreachable' | 'locked' | 'interrupted' | 'skipped';
  /** Why, in words for the operator; empty when done. */
  reason: string;
}

/** How far a transfer is, in bytes. */
export interface TransferProgress {
  title: string;
  items: string[];
  sent: number;
  bytes: number;
  /** Whether it would be carried, if this were no dry run. */
  pending?: true;
}

/** What is told while a deploy goes on. */
export interface Listener {
  connected(host: Host): void;
  begun(part: Part, steps: number): void;
  step(host: Host, event: StepEvent): void;
  /** What the step in hand waits for. */
  note(host: Host, text: string): void;
  transfer(host: Host, progress: TransferProgress): void;
  /** A part that is not done, with the reason; told once for a host that nothing could be done on. */
  problem(outcome: Outcome): void;
}

/** What to deploy, and how. */
export interface DeployOptions {
  deployment: Deployment;
  secrets: Secrets;
  sshConfig: string;
  /** In the order of the stages; parts of one host run one after the other. */
  parts: Part[];
  scripts: Map<Part, PartScript>;
  dryRun: boolean;
  listener: Listener;
  /** Takes a host for this run. Throws UserError when somebody else has it. */
  lock(connection: Connection): Promise<void>;
  /** Asks a host that is not already so, before any is changed, whether the deploy can work there. Returns what is in the way. */
  preflight(connection: Connection): Promise<string[]>;
  /** Aborted when the deploy shall end: every host after its step in hand. */
  signal: AbortSignal;
}

/**
 * The parts of a deploy in the order of the profile's stages. Two kinds of role are a part of their own: one that has to
 * be confirmed, since what is undone meanwhile must not wait for other roles; and one that rolls, since its hosts must not
 * be out of service for the sake of other roles.
 */
export function partsOf(
  deployment: Deployment,
  roles: readonly Role[],
  hosts: readonly Host[],
): Part[] {
  const confirmed = roles.filter((role) => role.confirm);
  const rolling = roles.filter((role) => rolls(role, deployment));
  const others = roles.filter((role) => !confirmed.includes(role) && !rolling.includes(role));
  const alone = (role: Role) => [role];
  return deployment.stages.flatMap((stage) =>
    hosts.flatMap((host) =>
      [...confirmed.map(alone), others, ...rolling.map(alone)]
        .map((together) => ({
          host,
          roles: together.filter(({ name }) => stage.includes(name) && host.roles.includes(name)),
        }))
        .filter((part) => part.roles.length > 0),
    ),
  );
}

/** Whether the hosts that have a role are changed one after the other: several of them serve the same. */
function rolls({ name, rolling }: Role, { hosts }: Deployment): boolean {
  return Boolean(rolling) && hosts.filter(({ roles }) => roles.includes(name)).length > 1;
}

/**
 * Deploys: hosts side by side, the parts of one host in order, and a part not before the parts anywhere that bring
 * what its roles need. A role that fails stops those that need it, and where it comes with the host, all others there.
 */
export async function deploy(options: DeployOptions): Promise<Outcome[]> {
  const { parts, scripts, listener, sshConfig, signal } = options;
  const hosts = [...new Set(parts.map(({ host }) => host))];
  const open = new Set<Connection>();
  const visits = new Visits(sshConfig);
  const alreadySo = new Set<Host>();
  const stop = () => {
    for (const connection of open) connection.stop();
    visits.stop();
  };
  signal.addEventListener('abort', stop);
  const connections = await openHosts(hosts, {
    sshConfig,
    onConnected: (connection) => {
      open.add(connection);
      if (signal.aborted) connection.stop();
      listener.connected(connection.host);
    },
    lock: options.lock,
    preflight: async (connection) => {
      const ofHost = parts.filter(({ host }) => host === connection.host);
      const questions = ofHost.map((part) => scripts.get(part)?.question);
      if (!(await isAlreadySo(connection, questions))) return options.preflight(connection);
      alreadySo.add(connection.host);
      return [];
    },
  });
  const opened = [...connections.values()].filter(
    (one): one is Connection => !(one instanceof UserError),
  );
  const seats = seatsOf(options);
  const running = new Map<Part, Promise<Outcome[]>>();
  for (const part of parts) {
    const earlier = [...running].filter(([other]) => comesBefore(other, part));
    const before = earlier.map(([, outcomes]) => outcomes);
    const seat = seats.get(part);
    const outcomes = runPart(part, before, connections, { ...options, alreadySo, visits, seat });
    running.set(
      part,
      outcomes.finally(() => seat?.leave()),
    );
  }
  const outcomes = (await Promise.all(running.values())).flat();
  signal.removeEventListener('abort', stop);
  await Promise.all([visits.close(), ...opened.map((connection) => connection.close())]);
  return outcomes;
}

/** A seat for each part whose role rolls. */
function seatsOf({ deployment, parts }: DeployOptions): Map<Part, Seat> {
  const rolling = parts.filter(({ roles }) => roles.some((role) => rolls(role, deployment)));
  const seats = [...Map.groupBy(rolling, ({ roles }) => roles[0]?.name).values()].flatMap(
    (same) => {
      const turns = new Turns(same.length);
      return same.map((part) => [part, turns.seat()] as const);
    },
  );
  return new Map(seats);
}

function comesBefore(earlier: Part, part: Part): boolean {
  if (earlier.host === part.host) return true;
  return part.roles.some(({ name }) =>
    earlier.roles.some(
      (role) => ROLE_NEEDS[name].includes(role.name) && !HOST_ROLES.includes(role.name),
    ),
  );
}

async function runPart(
  part: Part,
  earlier: Promise<Outcome[]>[],
  connections: Map<Host, Connection | UserError>,
  options: PartOptions & { visits: Visits; seat: Seat | undefined },
): Promise<Outcome[]> {
  const { listener, signal, visits, seat } = options;
  const { host } = part;
  const told = (roles: readonly Role[], status: Outcome['status'], reason = ''): Outcome[] => {
    if (roles.length === 0) return [];
    const outcome = { host: host.name, roles: roles.map(({ name }) => name), status, reason };
    if (reason !== '') listener.problem(outcome);
    return [outcome];
  };
  const before = (await Promise.all(earlier)).flat();
  const here = before.filter((one) => one.host === host.name);
  const connection = connections.get(host) ?? new UserError(`${host.name}: not connected`);
  if (connection instanceof UserError) {
    if (here.length > 0) return told(part.roles, 'skipped');
    if (statusOf(connection) === 'interrupted') return told(part.roles, 'interrupted');
    return told(part.roles, statusOf(connection), connection.message);
  }
  if (signal.aborted) return told(part.roles, 'interrupted');
  if (here.some(isGone)) return told(part.roles, 'skipped');
  const reasons = Map.groupBy(part.roles, (role) => whyNot(role, host, before, connections));
  const roles = reasons.get('') ?? [];
  reasons.delete('');
  const skipped = [...reasons].flatMap(([why, without]) => told(without, 'skipped', why));
  if (roles.length === 0) return skipped;
  try {
    const run = new PartRun(skipped.length > 0 ? { host, roles } : part, connection, options);
    const end = seat ? await roll(run, seat, visits.visit) : await run.apply();
    const failed = roles.filter(({ name }) => end.failed?.includes(name) ?? true);
    const others = roles.filter((role) => !failed.includes(role));
    return [...skipped, ...told(failed, end.status, end.reason), ...told(others, 'done')];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (signal.aborted && error.exitCode === EXIT.failed) {
      const reason = 'ended while something was carried to the host';
      return [...skipped, ...told(roles, 'interrupted', reason)];
    }
    const why = options.secrets.mask(error.message);
    const failed = error.exitCode === EXIT.failed;
    const reason = failed ? withHint(why, hintFor(why)) : why;
    return [...skipped, ...told(roles, statusOf(error), reason)];
  }
}

/** Whether nothing more can be done on the host that this is the outcome of. */
function isGone({ status }: Outcome): boolean {
  return status === 'unreachable' || status === 'locked';
}

/** Why a role cannot begin: something that it needs, here or elsewhere, has failed. Empty where it can. */
function whyNot(
  role: Role,
  host: Host,
  before: readonly Outcome[],
  connections: ReadonlyMap<Host, Connection | UserError>,
): string {
  const needed = (name: RoleName, of: string) =>
    HOST_ROLES.includes(name) ? of === host.name : ROLE_NEEDS[role.name].includes(name);
  const missing = before
    .filter(({ status }) => status !== 'done')
    .map((one) => ({ ...one, roles: one.roles.filter((name) => needed(name, one.host)) }))
    .filter(({ roles }) => roles.length > 0);
  // What was skipped itself is not the cause, where that is among them.
  const causes = missing.filter(({ status }) => status !== 'skipped');
  const because = [
    ...(causes.length > 0 ? causes : missing).map(
      (one) => `${one.roles.join(', ')} on ${one.host}`,
    ),
    ...refusedWith(role, connections),
  ];
  if (because.length === 0) return '';
  return `needs ${because.join(' and ')}, which ${because.length > 1 ? 'are' : 'is'} not done`;
}

/** The hosts that the preflight refuses, where no other may begin with this role without them. */
function refusedWith(
  { name, together }: Role,
  connections: ReadonlyMap<Host, Connection | UserError>,
): string[] {
  if (!together) return [];
  return [...connections].flatMap(([host, connection]) =>
    connection instanceof UserError &&
    connection.exitCode === EXIT.failed &&
    host.roles.includes(name)
      ? `${name} on ${host.name}`
      : [],
  );
}

function statusOf({ exitCode }: UserError): Outcome['status'] {
  if (exitCode === EXIT.unreachable) return 'unreachable';
  if (exitCode === EXIT.interrupted) return 'interrupted';
  return exitCode === EXIT.locked ? 'locked' : 'failed';
}
